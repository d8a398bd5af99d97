//! Rows of floating-point weights with AVX2: two registers hold the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::{F32, Float, Grid, Number, Rows, fold, tail};
use core::arch::x86_64::*;
use gavel_kernels::num::{BF16_END, BF16_LEAST, BF16_NAN, LANES};

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 2;
const VECTORS: usize = 2;

/// Sixteen numbers.
type Sixteen = [__m256; 2];

/// All rows times all vectors.
#[target_feature(enable = "avx2,f16c,fma")]
pub(super) fn products<N: Number>(
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    mut out: Grid<'_>,
) {
    for row in (0..weights.count).step_by(ROWS) {
        let some = weights.some(row, cols);
        for vector in (0..x.count).step_by(VECTORS) {
            let at = [vector, row];
            match x.count - vector {
                1 => out.put(at, weights.count, tile::<N, 1>(some, x.some(vector, cols))),
                _ => out.put(at, weights.count, tile::<N, 2>(some, x.some(vector, cols))),
            }
        }
    }
}

/// Some rows times some vectors.
#[target_feature(enable = "avx2,f16c,fma")]
fn tile<N: Number, const VECTORS: usize>(
    weights: [&[N::Bits]; ROWS],
    x: [&[f32]; VECTORS],
) -> [[f32; ROWS]; VECTORS] {
    let cols = weights[0].len();
    let mut sums = [[[_mm256_setzero_ps(); 2]; ROWS]; VECTORS];
    for at in (0..cols / LANES * LANES).step_by(LANES) {
        // SAFETY: sixteen columns begin at `at` in each row and vector.
        unsafe {
            let w = weights.map(|weights| load::<N>(weights.as_ptr().add(at)));
            for vector in 0..VECTORS {
                let x = load::<F32>(x[vector].as_ptr().add(at));
                for row in 0..ROWS {
                    sums[vector][row] = plus::<N>(sums[vector][row], w[row], x);
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
                let (w, x) = unsafe { (load::<N>(w.as_ptr()), load::<F32>(x.as_ptr())) };
                sums[vector][row] = plus::<N>(sums[vector][row], w, x);
            }
        }
    }
    let mut quarters = [_mm_setzero_ps(); ROWS * 2];
    for vector in 0..VECTORS {
        for row in 0..ROWS {
            let [low, high] = sums[vector][row];
            quarters[ROWS * vector + row] = fold::halves(_mm256_add_ps(low, high));
        }
    }
    let folded = fold::fours(quarters);
    let mut out = [[0.0; ROWS]; VECTORS];
    for vector in 0..VECTORS {
        out[vector].copy_from_slice(&folded[ROWS * vector..][..ROWS]);
    }
    out
}

/// Sums with the products of sixteen columns added: fused where products are exact, so that it is the same.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn plus<N: Number>(sums: Sixteen, w: Sixteen, x: Sixteen) -> Sixteen {
    match N::FLOAT {
        Float::F32 => [
            _mm256_add_ps(sums[0], _mm256_mul_ps(w[0], x[0])),
            _mm256_add_ps(sums[1], _mm256_mul_ps(w[1], x[1])),
        ],
        Float::F16 | Float::BF16 => [
            _mm256_fmadd_ps(w[0], x[0], sums[0]),
            _mm256_fmadd_ps(w[1], x[1], sums[1]),
        ],
    }
}

/// Sixteen weights, as they count.
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
                    let halves = _mm_loadu_si128(weights.cast());
                    let magnitudes = _mm_and_si128(halves, _mm_set1_epi16(0x7fff));
                    let counts = _mm_cmpgt_epi16(magnitudes, _mm_set1_epi16(BF16_LEAST as i16 - 1));
                    let is_nan = _mm_cmpgt_epi16(magnitudes, _mm_set1_epi16(BF16_END as i16 - 1));
                    let nan = _mm_and_si128(is_nan, _mm_set1_epi16(BF16_NAN as i16));
                    let halves = _mm_or_si128(_mm_and_si128(halves, counts), nan);
                    let bits = _mm256_cvtepu16_epi32(halves);
                    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits))
                }
            }
        }
    };
    [eight(0), eight(1)]
}
