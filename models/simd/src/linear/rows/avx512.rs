//! Rows of floating-point weights with AVX-512: a register holds the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::{Float, Grid, Number, Rows, fold, tail};
use core::arch::x86_64::*;
use gavel_kernels::num::LANES;

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 4;
const VECTORS: usize = 4;
/// How many columns before their use a single vector's weights are asked for; of more vectors the first ones ask for the next rows.
const AHEAD: usize = 1024;

/// All rows times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
pub(super) fn products<N: Number>(
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    mut out: Grid<'_>,
) {
    for row in (0..weights.count).step_by(ROWS) {
        let some = weights.some(row, cols);
        let (rows, next) = (weights.count, ROWS * weights.stride);
        for vector in (0..x.count).step_by(VECTORS) {
            let at = [vector, row];
            let ahead = match (x.count, vector) {
                (1, _) => Some(AHEAD),
                (_, 0) => Some(next),
                _ => None,
            };
            match x.count - vector {
                1 => out.put(at, rows, tile::<N, 1>(some, x.some(vector, cols), ahead)),
                2 => out.put(at, rows, tile::<N, 2>(some, x.some(vector, cols), ahead)),
                3 => out.put(at, rows, tile::<N, 3>(some, x.some(vector, cols), ahead)),
                _ => out.put(at, rows, tile::<N, 4>(some, x.some(vector, cols), ahead)),
            }
        }
    }
}

/// Some rows times some vectors. Weights are asked for so many columns before their use.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
fn tile<N: Number, const VECTORS: usize>(
    weights: [&[N::Bits]; ROWS],
    x: [&[f32]; VECTORS],
    ahead: Option<usize>,
) -> [[f32; ROWS]; VECTORS] {
    let cols = weights[0].len();
    let mut sums = [[_mm512_setzero_ps(); ROWS]; VECTORS];
    for at in (0..cols / LANES * LANES).step_by(LANES) {
        if let Some(ahead) = ahead {
            for row in 0..ROWS {
                // A hint: an address past the matrix is no error.
                _mm_prefetch::<_MM_HINT_T0>(weights[row].as_ptr().wrapping_add(at + ahead).cast());
            }
        }
        // SAFETY: sixteen columns begin at `at` in each row and vector.
        unsafe {
            let w = weights.map(|weights| load::<N>(weights.as_ptr().add(at)));
            for vector in 0..VECTORS {
                let x = _mm512_loadu_ps(x[vector].as_ptr().add(at));
                for row in 0..ROWS {
                    sums[vector][row] = _mm512_add_ps(sums[vector][row], _mm512_mul_ps(w[row], x));
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
                sums[vector][row] = _mm512_add_ps(sums[vector][row], _mm512_mul_ps(w, x));
            }
        }
    }
    let mut out = [[0.0; ROWS]; VECTORS];
    for vector in 0..VECTORS {
        let [a, b, c, d] = sums[vector];
        out[vector] = fold::fours([quarter(a), quarter(b), quarter(c), quarter(d)]);
    }
    out
}

/// Lanes l + 8, then l + 4, of sixteen.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx2")]
fn quarter(sixteen: __m512) -> __m128 {
    fold::halves(_mm256_add_ps(
        _mm512_castps512_ps256(sixteen),
        _mm512_extractf32x8_ps::<1>(sixteen),
    ))
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
