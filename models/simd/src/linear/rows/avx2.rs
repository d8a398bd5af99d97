//! Rows of floating-point weights with AVX2: two registers hold the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::{Float, Number, Outputs, some_rows, sum, tail};
use crate::pack::GROUP;
use core::arch::x86_64::*;
use gavel_kernels::num::LANES;

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 2;
const VECTORS: usize = 2;

/// Sixteen numbers.
type Sixteen = [__m256; 2];

/// The rows of a group times all vectors.
#[target_feature(enable = "avx2,f16c")]
pub(super) fn group<N: Number>(weights: &[N::Bits], cols: usize, x: &[f32], out: &mut [Outputs]) {
    let rows = weights.len() / cols;
    for first in (0..rows.min(GROUP)).step_by(ROWS) {
        let weights = some_rows::<_, ROWS>(weights, cols, first);
        let tiles = x.chunks(VECTORS * cols).zip(out.chunks_mut(VECTORS));
        for (x, out) in tiles {
            match out.len() {
                1 => tile::<N, 1>(weights, x, first, out),
                _ => tile::<N, 2>(weights, x, first, out),
            }
        }
    }
}

/// Some rows, from `first` on in the group, times some vectors.
#[target_feature(enable = "avx2,f16c")]
fn tile<N: Number, const VECTORS: usize>(
    weights: [&[N::Bits]; ROWS],
    x: &[f32],
    first: usize,
    out: &mut [Outputs],
) {
    let cols = weights[0].len();
    let x: [&[f32]; VECTORS] = core::array::from_fn(|vector| &x[vector * cols..][..cols]);
    let mut sums = [[[_mm256_setzero_ps(); 2]; VECTORS]; ROWS];
    for at in (0..cols / LANES * LANES).step_by(LANES) {
        // SAFETY: sixteen columns begin at `at` in each row and vector.
        unsafe {
            let w = weights.map(|weights| load::<N>(weights.as_ptr().add(at)));
            for vector in 0..VECTORS {
                let x = load::<super::F32>(x[vector].as_ptr().add(at));
                for row in 0..ROWS {
                    sums[row][vector] = added(sums[row][vector], w[row], x);
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
                let (w, x) = unsafe { (load::<N>(w.as_ptr()), load::<super::F32>(x.as_ptr())) };
                sums[row][vector] = added(sums[row][vector], w, x);
            }
        }
    }
    for row in 0..ROWS {
        for vector in 0..VECTORS {
            let mut lanes = [0.0; LANES];
            for half in 0..2 {
                // SAFETY: eight F32 are 32 bytes.
                unsafe {
                    _mm256_storeu_ps(lanes[8 * half..].as_mut_ptr(), sums[row][vector][half]);
                }
            }
            out[vector][first + row] = sum(lanes);
        }
    }
}

/// Sums with the products of sixteen columns added.
#[inline]
#[target_feature(enable = "avx2")]
fn added(sums: Sixteen, w: Sixteen, x: Sixteen) -> Sixteen {
    [
        _mm256_add_ps(sums[0], _mm256_mul_ps(w[0], x[0])),
        _mm256_add_ps(sums[1], _mm256_mul_ps(w[1], x[1])),
    ]
}

/// Sixteen weights.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn load<N: Number>(weights: *const N::Bits) -> Sixteen {
    let eight = |half: usize| {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = weights.add(8 * half);
            match N::FLOAT {
                Float::F32 => _mm256_loadu_ps(weights.cast()),
                Float::F16 => _mm256_cvtph_ps(_mm_loadu_si128(weights.cast())),
                Float::BF16 => {
                    let bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(weights.cast()));
                    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits))
                }
            }
        }
    };
    [eight(0), eight(1)]
}
