//! Many vectors: of eight rows a run of columns is widened into memory that stays in the nearest cache, and meets all vectors before the
//! next run does; the sums of three vectors with eight rows are in registers meanwhile.

use super::super::{Grid, MOST, Number, Rows, fold, tail};
use super::{load, plus, quarter};
use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::ops::Range;
use gavel_kernels::num::LANES;

/// Rows and vectors of a tile: as many sums as stay in registers.
const ROWS: usize = 8;
const VECTORS: usize = 3;
/// Columns of a run.
const RUN: usize = 512;

/// Sixteen columns of each row, as they count.
type Step = [__m512; ROWS];
/// A tile's sums.
type Sums = [[__m512; VECTORS]; ROWS];

/// All rows times all vectors, at most [`MOST`] of them. There are columns: else sums would be read that no run has written.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
pub(super) fn products<N: Number>(
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    out: &mut Grid<'_>,
) {
    assert!(cols > 0, "columns");
    // Not filled first: that is as much work as the products of some vectors.
    let mut steps = [const { MaybeUninit::<Step>::uninit() }; RUN / LANES];
    let mut tiles = [const { MaybeUninit::<Sums>::uninit() }; MOST.div_ceil(VECTORS)];
    for row in (0..weights.count).step_by(ROWS) {
        let rows = weights.some::<ROWS>(row, cols);
        for first in (0..cols).step_by(RUN) {
            let run = first..cols.min(first + RUN);
            let steps = widen::<N>(&rows, run.clone(), &mut steps);
            let next = if run.end < cols {
                run.end
            } else {
                ROWS * weights.stride
            };
            for (vector, sums) in (0..x.count).step_by(VECTORS).zip(&mut tiles) {
                let mut own = [[_mm512_setzero_ps(); VECTORS]; ROWS];
                if first > 0 {
                    // SAFETY: the first run wrote it.
                    own = unsafe { *sums.assume_init_ref() };
                }
                let x = x.some::<VECTORS>(vector, cols);
                sums.write(if vector == 0 {
                    added::<N>(steps, &x, run.clone(), own, |at| ask(&rows, next + at))
                } else {
                    added::<N>(steps, &x, run.clone(), own, |_| {})
                });
            }
        }
        for (vector, sums) in (0..x.count).step_by(VECTORS).zip(&tiles) {
            // SAFETY: the first run wrote it.
            let sums = unsafe { sums.assume_init_ref() };
            put([vector, row], [x.count, weights.count], sums, out);
        }
    }
}

/// Puts a run of columns of some rows into steps; past the last column there are zeros.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn widen<'a, N: Number>(
    rows: &[&[N::Bits]; ROWS],
    run: Range<usize>,
    steps: &'a mut [MaybeUninit<Step>],
) -> &'a [Step] {
    let (whole, count) = (run.len() / LANES, run.len().div_ceil(LANES));
    let steps = &mut steps[..count];
    for row in 0..ROWS {
        let weights = &rows[row][run.clone()];
        for at in 0..whole {
            let sixteen = weights[at * LANES..][..LANES].as_ptr();
            // SAFETY: these are sixteen weights, and the register lies in the step.
            unsafe { (&raw mut (*steps[at].as_mut_ptr())[row]).write(load::<N>(sixteen)) };
        }
        if whole < count {
            let sixteen = tail(weights);
            // SAFETY: as above.
            unsafe {
                (&raw mut (*steps[whole].as_mut_ptr())[row]).write(load::<N>(sixteen.as_ptr()))
            };
        }
    }
    // SAFETY: all registers of these steps were written.
    unsafe { steps.assume_init_ref() }
}

/// Sums with the products of steps and the same run of columns of three vectors added; `ask` is told of each column where a step begins.
#[inline]
#[target_feature(enable = "avx512f")]
fn added<N: Number>(
    steps: &[Step],
    x: &[&[f32]; VECTORS],
    run: Range<usize>,
    mut sums: Sums,
    ask: impl Fn(usize),
) -> Sums {
    let [a, b, c] = [&x[0][run.clone()], &x[1][run.clone()], &x[2][run]];
    let whole = a.len() / LANES;
    for at in 0..whole {
        ask(at * LANES);
        // SAFETY: each vector has sixteen columns from there on.
        let sixteen = |x: &[f32]| unsafe { _mm512_loadu_ps(x.as_ptr().add(at * LANES)) };
        step::<N>(&steps[at], [sixteen(a), sixteen(b), sixteen(c)], &mut sums);
    }
    if whole < steps.len() {
        // SAFETY: these are sixteen numbers.
        let sixteen = |x: &[f32]| unsafe { _mm512_loadu_ps(tail(x).as_ptr()) };
        step::<N>(
            &steps[whole],
            [sixteen(a), sixteen(b), sixteen(c)],
            &mut sums,
        );
    }
    sums
}

/// Adds the products of a step.
#[inline]
#[target_feature(enable = "avx512f")]
fn step<N: Number>(weights: &Step, x: [__m512; VECTORS], sums: &mut Sums) {
    for row in 0..ROWS {
        for vector in 0..VECTORS {
            sums[row][vector] = plus::<N>(sums[row][vector], weights[row], x[vector]);
        }
    }
}

/// Asks for the columns of some rows that come so much further.
#[inline]
fn ask<T>(rows: &[&[T]; ROWS], further: usize) {
    for row in rows {
        // SAFETY: a hint: an address past the matrix is no error.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().wrapping_add(further).cast()) };
    }
}

/// Folds a tile's sums into their places.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx2")]
fn put([vector, row]: [usize; 2], [vectors, rows]: [usize; 2], sums: &Sums, out: &mut Grid<'_>) {
    for at in 0..VECTORS.min(vectors - vector) {
        let mut folded = [0.0; ROWS];
        for (four, sums) in folded
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(sums.as_chunks::<4>().0)
        {
            let [a, b, c, d] = sums;
            *four = fold::fours([
                quarter(a[at]),
                quarter(b[at]),
                quarter(c[at]),
                quarter(d[at]),
            ]);
        }
        out.put([vector + at, row], rows, [folded]);
    }
}
