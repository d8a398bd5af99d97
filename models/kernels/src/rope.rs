//! Rotary position embedding.

use crate::num::stored;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Rope;

/// Turns each pair `(a, b)` of a head's first `rotary` elements to `(a * cos - b * sin, a * sin + b * cos)`; copies the rest.
#[inline(never)]
pub(crate) fn rope(
    p: &Rope,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let (head_dim, rotary) = (p.head_dim as usize, p.rotary as usize);
    let x = &f32s(inputs[0])[..p.heads as usize * head_dim];
    let table = &f32s(inputs[1])[control.position as usize * rotary..][..rotary];
    for (word, element) in out.iter_mut().zip(range) {
        let within = element % head_dim;
        *word = stored(if within < rotary {
            let even = element - within % 2;
            rotated(x, even, table, within)
        } else {
            x[element]
        });
    }
}

/// Element `within` of its head, from the pair that begins at `x[even]`.
fn rotated(x: &[f32], even: usize, table: &[f32], within: usize) -> f32 {
    let (a, b) = (x[even], x[even + 1]);
    let pair = within & !1;
    let (cos, sin) = (table[pair], table[pair + 1]);
    if within == pair {
        a * cos - b * sin
    } else {
        a * sin + b * cos
    }
}
