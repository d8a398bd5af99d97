//! Attention output.

use super::seen;
use crate::num::{LANES, Lanes, fold, stored};
use crate::spans::for_each_row;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::WeightedSum;

/// Elements whose lanes are kept at a time.
const WIDTH: usize = 64;

/// `out[h, d] = sum of p[h, t] * values[t, h / group, d]` over the positions t that are seen: the i-th of them goes to lane i mod 16.
#[inline(never)]
pub(crate) fn weighted_sum(
    p: &WeightedSum,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let (head_dim, context) = (p.head_dim as usize, p.context as usize);
    let row = p.kv_heads as usize * head_dim;
    let group = (p.heads / p.kv_heads) as usize;
    let (weights, values) = (f32s(inputs[0]), f32s(inputs[1]));
    let visible = seen(control, p.window);
    for_each_row(range, head_dim, |head, columns, offset| {
        let weights = &weights[head * context..][visible.clone()];
        let column = head / group * head_dim + columns.start;
        let values = &values[visible.start * row + column..];
        sum_rows_of(weights, values, row, &mut out[offset..][..columns.len()]);
    });
}

/// `out[d] = sum over t of weights[t] * values[t * row + d]`, any number of elements.
pub(crate) fn sum_rows_of(weights: &[f32], values: &[f32], row: usize, out: &mut [u32]) {
    for (block, out) in out.chunks_mut(WIDTH).enumerate() {
        sum_rows(weights, &values[block * WIDTH..], row, out);
    }
}

/// `out[d] = sum over t of weights[t] * values[t * row + d]`, at most [`WIDTH`] elements.
fn sum_rows(weights: &[f32], values: &[f32], row: usize, out: &mut [u32]) {
    let mut lanes = [[0.0; WIDTH]; LANES];
    for (t, weight) in weights.iter().enumerate() {
        let values = &values[t * row..][..out.len()];
        for (sum, value) in lanes[t % LANES].iter_mut().zip(values) {
            *sum += weight * value;
        }
    }
    for (d, word) in out.iter_mut().enumerate() {
        let lanes: Lanes = core::array::from_fn(|lane| lanes[lane][d]);
        *word = stored(fold(lanes));
    }
}
