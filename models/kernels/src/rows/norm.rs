//! LayerNorm.

use super::{count, for_each_row, within};
use crate::num::{sqrt, stored, sum};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::LayerNorm;

/// In each row, with `d[i] = x[i] - mean`: `out[i] = (d[i] * r) * w[i] + b[i]`, `r = 1 / sqrt(sum of d * d / dim + eps)`.
#[inline(never)]
pub(crate) fn layer_norm(p: &LayerNorm, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let dim = p.dim as usize;
    let (weight, bias) = (f32s(inputs[2]), f32s(inputs[3]));
    let range = within(&range, count(inputs[0], p.rows), dim);
    for_each_row(range, dim, |row, columns, offset| {
        let x = &f32s(inputs[1])[row * dim..][..dim];
        let mean = sum(x.iter().copied()) / p.dim as f32;
        let squares = x.iter().map(|x| (x - mean) * (x - mean));
        let r = 1.0 / sqrt(sum(squares) / p.dim as f32 + f32::from_bits(p.eps));
        for (word, i) in out[offset..].iter_mut().zip(columns) {
            *word = stored(((x[i] - mean) * r) * weight[i] + bias[i]);
        }
    });
}
