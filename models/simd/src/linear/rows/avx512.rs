//! Rows of floating-point weights with AVX-512: a register holds the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::{Float, Number, Outputs, some_rows, sum, tail};
use crate::pack::GROUP;
use core::arch::x86_64::*;
use gavel_kernels::num::LANES;

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 4;
const VECTORS: usize = 4;
/// How many columns before their use a single vector's weights are asked for.
const AHEAD: usize = 1024;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
pub(super) fn group<N: Number>(weights: &[N::Bits], cols: usize, x: &[f32], out: &mut [Outputs]) {
    let rows = weights.len() / cols;
    for first in (0..rows.min(GROUP)).step_by(ROWS) {
        let weights = some_rows::<_, ROWS>(weights, cols, first);
        let tiles = x.chunks(VECTORS * cols).zip(out.chunks_mut(VECTORS));
        for (x, out) in tiles {
            match out.len() {
                1 => tile::<N, 1>(weights, x, first, out),
                2 => tile::<N, 2>(weights, x, first, out),
                3 => tile::<N, 3>(weights, x, first, out),
                _ => tile::<N, 4>(weights, x, first, out),
            }
        }
    }
}

/// Some rows, from `first` on in the group, times some vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
fn tile<N: Number, const VECTORS: usize>(
    weights: [&[N::Bits]; ROWS],
    x: &[f32],
    first: usize,
    out: &mut [Outputs],
) {
    let cols = weights[0].len();
    let x: [&[f32]; VECTORS] = core::array::from_fn(|vector| &x[vector * cols..][..cols]);
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    for at in (0..cols / LANES * LANES).step_by(LANES) {
        if VECTORS == 1 {
            for row in 0..ROWS {
                // A hint: an address past the matrix is no error.
                _mm_prefetch::<_MM_HINT_T0>(weights[row].as_ptr().wrapping_add(at + AHEAD).cast());
            }
        }
        // SAFETY: sixteen columns begin at `at` in each row and vector.
        unsafe {
            let w = weights.map(|weights| load::<N>(weights.as_ptr().add(at)));
            for vector in 0..VECTORS {
                let x = _mm512_loadu_ps(x[vector].as_ptr().add(at));
                for row in 0..ROWS {
                    sums[row][vector] = _mm512_add_ps(sums[row][vector], _mm512_mul_ps(w[row], x));
                }
            }
        }
    }
    if !cols.is_multiple_of(LANES) {
        for row in 0..ROWS {
            let w = tail(weights[row]);
            for vector in 0..VECTORS {
                let x = tail(x[vector]);
                // SAFETY: both are sixteen numbers.
                let (w, x) = unsafe { (load::<N>(w.as_ptr()), _mm512_loadu_ps(x.as_ptr())) };
                sums[row][vector] = _mm512_add_ps(sums[row][vector], _mm512_mul_ps(w, x));
            }
        }
    }
    for row in 0..ROWS {
        for vector in 0..VECTORS {
            let mut lanes = [0.0; LANES];
            // SAFETY: sixteen F32 are 64 bytes.
            unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), sums[row][vector]) };
            out[vector][first + row] = sum(lanes);
        }
    }
}

/// Sixteen weights.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load<N: Number>(weights: *const N::Bits) -> __m512 {
    // SAFETY: the caller's promise.
    unsafe {
        match N::FLOAT {
            Float::F32 => _mm512_loadu_ps(weights.cast()),
            Float::F16 => _mm512_cvtph_ps(_mm256_loadu_si256(weights.cast())),
            Float::BF16 => {
                let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(weights.cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits))
            }
        }
    }
}
