//! Attention of all rows to all rows.

use super::{count, for_each_row, within};
use crate::attention::sum_rows_of;
use crate::num::{dot, exp, largest, stored, sum};
use crate::view::{f32s, f32s_mut};
use core::ops::Range;
use gavel_program::op::RowsAttention;

/// `out[r, h, t] = (q[r, h] . k[t, h]) * scale`.
#[inline(never)]
pub(crate) fn rows_scores(
    p: &RowsAttention,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let scale = f32::from_bits(p.scale);
    let (queries, keys) = (Heads::new(p, inputs[1]), Heads::new(p, inputs[2]));
    each_query(p, inputs, range, |place, columns, offset| {
        let head = place % p.heads as usize;
        let query = queries.head(place / p.heads as usize, head);
        for (word, t) in out[offset..].iter_mut().zip(columns) {
            *word = stored(dot(query, keys.head(t, head)) * scale);
        }
    });
}

/// `out[r, h, t] = e[t] / sum of e` with `e[t] = exp(scores[r, h, t] - max)`.
#[inline(never)]
pub(crate) fn rows_softmax(
    p: &RowsAttention,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let rows = p.rows as usize;
    let seen = count(inputs[0], p.rows);
    let exponentials = &mut f32s_mut(scratch)[..seen];
    each_query(p, inputs, range, |place, columns, offset| {
        let scores = &f32s(inputs[1])[place * rows..][..seen];
        let max = largest(scores);
        for (e, score) in exponentials.iter_mut().zip(scores) {
            *e = exp(score - max);
        }
        let total = sum(exponentials.iter().copied());
        for (word, e) in out[offset..].iter_mut().zip(&exponentials[columns]) {
            *word = stored(e / total);
        }
    });
}

/// `out[r, h, d] = sum over t of p[r, h, t] * v[t, h, d]`: term t goes to lane t mod 16.
#[inline(never)]
pub(crate) fn rows_weighted_sum(
    p: &RowsAttention,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let (rows, head_dim) = (p.rows as usize, p.head_dim as usize);
    let width = p.heads as usize * head_dim;
    let seen = count(inputs[0], p.rows);
    let (weights, values) = (f32s(inputs[1]), f32s(inputs[2]));
    let range = within(&range, seen, width);
    for_each_row(range, head_dim, |place, columns, offset| {
        let weights = &weights[place * rows..][..seen];
        let values = &values[place % p.heads as usize * head_dim + columns.start..];
        sum_rows_of(weights, values, width, &mut out[offset..][..columns.len()]);
    });
}

/// Calls `each(place, columns, offset)` for each row of a matrix [rows, heads, rows] that `range` meets, with the columns of those rows
/// that there are; the place is that of a row's head among all.
fn each_query(
    p: &RowsAttention,
    inputs: &[&[u32]],
    range: Range<usize>,
    mut each: impl FnMut(usize, Range<usize>, usize),
) {
    let (rows, seen) = (p.rows as usize, count(inputs[0], p.rows));
    let range = within(&range, seen, p.heads as usize * rows);
    for_each_row(range, rows, |place, columns, offset| {
        let columns = columns.start..columns.end.min(seen);
        if columns.start < columns.end {
            each(place, columns, offset);
        }
    });
}

/// A matrix [rows, heads, head_dim].
struct Heads<'a> {
    numbers: &'a [f32],
    heads: usize,
    head_dim: usize,
}

impl<'a> Heads<'a> {
    fn new(p: &RowsAttention, words: &'a [u32]) -> Self {
        Heads {
            numbers: f32s(words),
            heads: p.heads as usize,
            head_dim: p.head_dim as usize,
        }
    }

    fn head(&self, row: usize, head: usize) -> &'a [f32] {
        &self.numbers[(row * self.heads + head) * self.head_dim..][..self.head_dim]
    }
}
