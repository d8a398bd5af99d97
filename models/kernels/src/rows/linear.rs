//! A matrix times each row.

use super::{count, for_each_row, within};
use crate::linear::rows_of;
use crate::matrix::Matrix;
use crate::num::stored;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::RowsLinear;

/// `out[r, o] = W[o] . x[r] + bias[o]`.
#[inline(never)]
pub(crate) fn rows_linear(
    p: &RowsLinear,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let (cols, outputs) = (p.cols as usize, p.outputs as usize);
    let matrix = Matrix::new(p.format, &inputs[3..], outputs * cols);
    let range = within(&range, count(inputs[0], p.rows), outputs);
    for_each_row(range, outputs, |row, columns, offset| {
        let x = &f32s(inputs[1])[row * cols..][..cols];
        let out = &mut out[offset..][..columns.len()];
        rows_of(&matrix, columns.start, x, out, scratch);
        for (word, bias) in out.iter_mut().zip(&f32s(inputs[2])[columns]) {
            *word = stored(f32::from_bits(*word) + bias);
        }
    });
}
