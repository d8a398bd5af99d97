//! Attention scores.

use super::{seen, seen_of};
use crate::num::{dot, stored};
use crate::spans::for_each_row;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Scores;

/// `out[h, t] = (q[h] . keys[t, h / group]) * scale` for the positions t that are seen.
#[inline(never)]
pub(crate) fn scores(
    p: &Scores,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let head_dim = p.head_dim as usize;
    let row = p.kv_heads as usize * head_dim;
    let group = (p.heads / p.kv_heads) as usize;
    let scale = f32::from_bits(p.scale);
    let (queries, keys) = (f32s(inputs[0]), f32s(inputs[1]));
    let visible = seen(control, p.window);
    for_each_row(range, p.context as usize, |head, columns, offset| {
        let query = &queries[head * head_dim..][..head_dim];
        let column = head / group * head_dim;
        let (seen, skipped) = seen_of(&columns, &visible);
        for (word, t) in out[offset + skipped..].iter_mut().zip(seen) {
            let key = &keys[t * row + column..][..head_dim];
            *word = stored(dot(query, key) * scale);
        }
    });
}
