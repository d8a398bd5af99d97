//! RMSNorm.

use crate::num::{dot, sqrt, stored};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::RmsNorm;

/// In each row `out[i] = (x[i] * r) * w[i]` with `r = 1 / sqrt(sum of x * x / dim + eps)`.
#[inline(never)]
pub(crate) fn rms_norm(p: &RmsNorm, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let dim = p.dim as usize;
    let x = &f32s(inputs[0])[..p.rows as usize * dim];
    let weight = &f32s(inputs[1])[..dim];
    let (mut at, mut rest) = (range.start, out);
    while at < range.end {
        let row = at / dim * dim;
        let within = at - row..dim.min(range.end - row);
        let (part, tail) = rest.split_at_mut(within.len());
        row_norm(p, &x[row..row + dim], weight, within.clone(), part);
        (at, rest) = (row + within.end, tail);
    }
}

/// The elements `range` of a row.
fn row_norm(p: &RmsNorm, x: &[f32], weight: &[f32], range: Range<usize>, out: &mut [u32]) {
    let mean = dot(x, x) / p.dim as f32;
    let r = 1.0 / sqrt(mean + f32::from_bits(p.eps));
    for ((word, x), weight) in out.iter_mut().zip(&x[range.clone()]).zip(&weight[range]) {
        *word = stored((x * r) * weight);
    }
}
