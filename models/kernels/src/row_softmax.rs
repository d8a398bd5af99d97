//! Softmax of whole rows.

use crate::num::{exp, largest, stored, sum};
use crate::spans::for_each_row;
use crate::view::{f32s, f32s_mut};
use core::ops::Range;
use gavel_program::op::RowSoftmax;

/// `out[r, i] = e[i] / sum of e` with `e[i] = exp(x[r, i] - max of row r)`.
#[inline(never)]
pub(crate) fn row_softmax(
    p: &RowSoftmax,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let dim = p.dim as usize;
    let exponentials = &mut f32s_mut(scratch)[..dim];
    for_each_row(range, dim, |row, columns, offset| {
        let x = &f32s(inputs[0])[row * dim..][..dim];
        let max = largest(x);
        for (e, x) in exponentials.iter_mut().zip(x) {
            *e = exp(x - max);
        }
        let total = sum(exponentials.iter().copied());
        for (word, e) in out[offset..].iter_mut().zip(&exponentials[columns]) {
            *word = stored(e / total);
        }
    });
}
