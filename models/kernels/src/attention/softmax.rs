//! Attention softmax.

use super::{seen, seen_of};
use crate::num::{exp, largest, stored, sum};
use crate::spans::for_each_row;
use crate::view::{f32s, f32s_mut};
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Softmax;

/// `out[h, t] = e[t] / sum of e` with `e[t] = exp(scores[h, t] - max)`, over the positions t that are seen.
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
    let visible = seen(control, p.window);
    let exponentials = &mut f32s_mut(scratch)[..visible.len()];
    for_each_row(range, context, |head, columns, offset| {
        let (seen, skipped) = seen_of(&columns, &visible);
        if seen.is_empty() {
            return;
        }
        let scores = &f32s(inputs[0])[head * context..][visible.clone()];
        let max = largest(scores);
        for (e, score) in exponentials.iter_mut().zip(scores) {
            *e = exp(score - max);
        }
        let total = sum(exponentials.iter().copied());
        let of_seen = &exponentials[seen.start - visible.start..][..seen.len()];
        for (word, e) in out[offset + skipped..].iter_mut().zip(of_seen) {
            *word = stored(e / total);
        }
    });
}
