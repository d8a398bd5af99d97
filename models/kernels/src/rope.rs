//! Rotary position embedding.

use crate::num::stored;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::{Pairing, Rope};

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
            let place = Place::new(p.pairing, within, rotary / 2);
            let head = &x[element - within..];
            place.turned(head, table)
        } else {
            x[element]
        });
    }
}

/// An element's pair.
struct Place {
    pair: usize,
    /// Whether it is the pair's first element.
    first: bool,
    /// Both elements' places in the head.
    elements: [usize; 2],
}

impl Place {
    /// The pair of element `within` of a head, one of `pairs`.
    fn new(pairing: Pairing, within: usize, pairs: usize) -> Self {
        let (pair, first) = match pairing {
            Pairing::Neighbours => (within / 2, within.is_multiple_of(2)),
            Pairing::Halves if within < pairs => (within, true),
            Pairing::Halves => (within - pairs, false),
        };
        Place {
            pair,
            first,
            elements: match pairing {
                Pairing::Neighbours => [2 * pair, 2 * pair + 1],
                Pairing::Halves => [pair, pair + pairs],
            },
        }
    }

    fn turned(&self, head: &[f32], table: &[f32]) -> f32 {
        let [a, b] = self.elements.map(|element| head[element]);
        let (cos, sin) = (table[2 * self.pair], table[2 * self.pair + 1]);
        if self.first {
            a * cos - b * sin
        } else {
            a * sin + b * cos
        }
    }
}
