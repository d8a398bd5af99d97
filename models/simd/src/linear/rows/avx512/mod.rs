//! Rows of floating-point weights with AVX-512: a register holds the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

mod many;

use super::{Float, Grid, Number, Rows, fold, tail};
use core::arch::x86_64::*;
use core::ops::Range;
use gavel_kernels::num::{BF16_END, BF16_LEAST, BF16_NAN, LANES};

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 4;
const VECTORS: usize = 4;
/// How many columns before their use a single vector's weights are asked for.
const AHEAD: usize = 1024;

/// Which weights are asked for before their use; a tile's next rows are so many numbers further.
#[derive(Clone, Copy)]
enum Ahead {
    /// None: a tile with other vectors has done it.
    Nothing,
    /// Those of the next rows.
    Rows(usize),
    /// Those [`AHEAD`] columns further, past the last one the next rows' first.
    Columns(usize),
}

impl Ahead {
    /// Two runs of columns, and how far ahead the weights are that each asks for.
    #[inline(always)]
    fn runs(self, cols: usize) -> [(Range<usize>, Option<usize>); 2] {
        match self {
            Ahead::Nothing => [(0..cols, None), (cols..cols, None)],
            Ahead::Rows(next) => [(0..cols, Some(next)), (cols..cols, None)],
            Ahead::Columns(next) => {
                let turn = cols.saturating_sub(AHEAD);
                let further = next + AHEAD.min(cols) - cols;
                [(0..turn, Some(AHEAD)), (turn..cols, Some(further))]
            }
        }
    }
}

/// From so many vectors on it is worth widening weights once for all of them.
const MANY: usize = 12;

/// All rows times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
pub(super) fn products<N: Number>(
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    mut out: Grid<'_>,
) {
    if x.count >= MANY && cols > 0 {
        return many::products::<N>(weights, x, cols, &mut out);
    }
    for row in (0..weights.count).step_by(ROWS) {
        let some = weights.some(row, cols);
        let (rows, next) = (weights.count, ROWS * weights.stride);
        for vector in (0..x.count).step_by(VECTORS) {
            let at = [vector, row];
            let ahead = match (x.count, vector) {
                (1, _) => Ahead::Columns(next),
                (_, 0) => Ahead::Rows(next),
                _ => Ahead::Nothing,
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
    ahead: Ahead,
) -> [[f32; ROWS]; VECTORS] {
    let cols = weights[0].len();
    let mut sums = [[_mm512_setzero_ps(); ROWS]; VECTORS];
    for (run, ahead) in ahead.runs(cols / LANES * LANES) {
        for at in run.step_by(LANES) {
            if let Some(ahead) = ahead {
                for weights in weights {
                    // A hint: an address past the matrix is no error.
                    _mm_prefetch::<_MM_HINT_T0>(weights.as_ptr().wrapping_add(at + ahead).cast());
                }
            }
            // SAFETY: sixteen columns begin at `at` in each row and vector: runs are of whole registers.
            unsafe {
                let w = weights.map(|weights| load::<N>(weights.as_ptr().add(at)));
                for vector in 0..VECTORS {
                    let x = _mm512_loadu_ps(x[vector].as_ptr().add(at));
                    for row in 0..ROWS {
                        sums[vector][row] = plus::<N>(sums[vector][row], w[row], x);
                    }
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
                sums[vector][row] = plus::<N>(sums[vector][row], w, x);
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

/// Sums with products added: fused where products are exact, so that it is the same.
#[inline]
#[target_feature(enable = "avx512f")]
fn plus<N: Number>(sums: __m512, w: __m512, x: __m512) -> __m512 {
    match N::FLOAT {
        Float::F32 => _mm512_add_ps(sums, _mm512_mul_ps(w, x)),
        Float::F16 | Float::BF16 => _mm512_fmadd_ps(w, x, sums),
    }
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

/// Sixteen weights, as they count.
///
/// # Safety
/// They can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn load<N: Number>(weights: *const N::Bits) -> __m512 {
    // SAFETY: the caller's promise.
    unsafe {
        match N::FLOAT {
            Float::F32 => _mm512_loadu_ps(weights.cast()),
            Float::F16 => _mm512_cvtph_ps(_mm256_loadu_si256(weights.cast())),
            Float::BF16 => {
                let halves = _mm256_loadu_si256(weights.cast());
                let magnitudes = _mm256_and_si256(halves, _mm256_set1_epi16(0x7fff));
                let least = _mm256_set1_epi16(BF16_LEAST as i16);
                let counts = _mm256_cmpge_epi16_mask(magnitudes, least);
                let end = _mm256_set1_epi16(BF16_END as i16);
                let is_nan = _mm256_cmpge_epi16_mask(magnitudes, end);
                let nan = _mm256_set1_epi16(BF16_NAN as i16);
                let halves = _mm256_mask_mov_epi16(halves, is_nan, nan);
                let bits = _mm512_cvtepu16_epi32(_mm256_maskz_mov_epi16(counts, halves));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits))
            }
        }
    }
}
