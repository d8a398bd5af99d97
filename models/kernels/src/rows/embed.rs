//! Rows of an embedding table.

use super::{count, for_each_row, within};
use crate::matrix::Matrix;
use crate::num::stored;
use core::ops::Range;
use gavel_program::op::RowsEmbed;

/// `out[r, i] = table[tokens[r], i]`; +0.0 where the token is not in the table.
#[inline(never)]
pub(crate) fn rows_embed(p: &RowsEmbed, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let dim = p.dim as usize;
    let table = Matrix::new(p.format, &inputs[2..], p.vocab as usize * dim);
    let range = within(&range, count(inputs[0], p.rows), dim);
    for_each_row(range, dim, |row, columns, offset| {
        let out = &mut out[offset..][..columns.len()];
        let token = inputs[1][row];
        if token >= p.vocab {
            out.fill(0);
            return;
        }
        let start = token as usize * dim;
        let mut words = out.iter_mut();
        table.elements(start + columns.start..start + columns.end, |value| {
            *words.next().expect("the output has the range's words") = stored(value);
        });
    });
}
