//! The sampler: greedy, or a draw from the most probable tokens.

use super::{heap, uniform};
use crate::num::{argmax, canon, sum};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Sample;

/// The element that is written: `pos + 1`, if the tokens slot has it.
pub(crate) fn slot(p: &Sample, control: &Control) -> Range<usize> {
    if control.position >= p.tokens_capacity.saturating_sub(1) {
        return 0..0;
    }
    let at = control.position as usize + 1;
    at..at + 1
}

/// `tokens[pos + 1]` = the first of the largest logits at temperature 0, else a draw.
#[inline(never)]
pub(crate) fn sample(
    p: &Sample,
    control: &Control,
    inputs: &[&[u32]],
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let vocab = p.vocab as usize;
    out[0] = if control.temperature == 0 {
        argmax(&f32s(inputs[0])[..vocab]) as u32
    } else {
        draw(control, Weights(&inputs[1][..vocab]), &mut scratch[..vocab])
    };
}

/// The tokens' weights, as stored.
struct Weights<'a>(&'a [u32]);

impl Weights<'_> {
    /// Bits of a weight; one that is NaN, negative or -0 counts as +0.
    fn bits(&self, token: u32) -> u32 {
        let bits = self.0[token as usize];
        if bits > canon::INFINITY { 0 } else { bits }
    }

    fn weight(&self, token: u32) -> f32 {
        f32::from_bits(self.bits(token))
    }

    /// Orders tokens: by weight, and of equal ones the lower index ranks higher.
    fn rank(&self, token: u32) -> u64 {
        u64::from(self.bits(token)) << 32 | u64::from(!token)
    }

    /// The sum of all, in 16 lanes.
    fn total(&self) -> f32 {
        sum((0..self.0.len() as u32).map(|token| self.weight(token)))
    }
}

/// Draws a token. The candidates are the highest-ranked ones, top-k of them; they are kept until one is below min-p of the first, or
/// their weights, added in that order, reach top-p of the candidates' total. Of these the first whose running sum exceeds a random part
/// of that sum is taken, the highest-ranked if none does.
fn draw(control: &Control, weights: Weights, order: &mut [u32]) -> u32 {
    let rank = |token| weights.rank(token);
    for (token, entry) in order.iter_mut().enumerate() {
        *entry = token as u32;
    }
    heap::build(order, rank);
    let floor = control.min_p as f32 / 1000.0 * weights.weight(order[0]);
    let (count, total) = candidates(control.top_k, &weights, order);
    let enough = control.top_p as f32 / 1000.0 * total;
    // From here to the end the order is that of ranks; all of a limited number of candidates stand there already.
    let mut ranked = if count < order.len() {
        order.len() - count
    } else {
        order.len()
    };
    let (mut first, mut kept) = (order.len(), 0.0);
    while first > order.len() - count {
        let next = first - 1;
        if next < ranked {
            heap::take(&mut order[..first], rank);
            ranked = next;
        }
        let weight = weights.weight(order[next]);
        if first < order.len() && weight < floor {
            break;
        }
        kept += weight;
        first = next;
        if kept >= enough {
            break;
        }
    }
    let goal = uniform(control.seed, control.position) * kept;
    let mut running = 0.0;
    for token in order[first..].iter().rev() {
        running += weights.weight(*token);
        if running > goal {
            return *token;
        }
    }
    order[order.len() - 1]
}

/// The number of candidates and the total of their weights. If they are not all tokens they are taken from the heap.
fn candidates(top_k: u32, weights: &Weights, heap: &mut [u32]) -> (usize, f32) {
    let (all, most) = (heap.len(), top_k as usize);
    if most == 0 || most >= all {
        return (all, weights.total());
    }
    let mut total = 0.0;
    for left in (all - most + 1..=all).rev() {
        total += weights.weight(heap::take(&mut heap[..left], |token| weights.rank(token)));
    }
    (most, total)
}
