//! Attention softmax.

use super::for_each_row;
use crate::num::{exp, largest, stored, sum};
use crate::view::{f32s, f32s_mut};
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Softmax;

/// `out[h, t] = e[t] / sum of e` with `e[t] = exp(scores[h, t] - max)`, over t <= pos.
#[inline(never)]
pub(crate) fn softmax(
    p: &Softmax,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let context = p.context as usize;
    let visible = control.position as usize + 1;
    let exponentials = &mut f32s_mut(scratch)[..visible];
    for_each_row(range, context, |head, columns, offset| {
        if columns.start >= visible {
            return;
        }
        let scores = &f32s(inputs[0])[head * context..][..visible];
        let max = largest(scores);
        for (e, score) in exponentials.iter_mut().zip(scores) {
            *e = exp(score - max);
        }
        let total = sum(exponentials.iter().copied());
        for (word, e) in out[offset..]
            .iter_mut()
            .zip(&exponentials[columns.start..])
            .take(columns.len())
        {
            *word = stored(e / total);
        }
    });
}
