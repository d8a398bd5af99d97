//! Operators on corresponding elements of rows.

use super::{count, within};
use crate::num::{gelu, stored};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::Rows;

/// `out[r, i] = a[r, i] + b[r, i]`.
#[inline(never)]
pub(crate) fn rows_add(p: &Rows, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let range = within(&range, count(inputs[0], p.rows), p.dim as usize);
    let terms = f32s(inputs[1])[range.clone()]
        .iter()
        .zip(&f32s(inputs[2])[range]);
    for (word, (a, b)) in out.iter_mut().zip(terms) {
        *word = stored(a + b);
    }
}

/// `out[r, i] = gelu(x[r, i])`.
#[inline(never)]
pub(crate) fn rows_gelu(p: &Rows, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let range = within(&range, count(inputs[0], p.rows), p.dim as usize);
    for (word, x) in out.iter_mut().zip(&f32s(inputs[1])[range]) {
        *word = stored(gelu(*x));
    }
}
