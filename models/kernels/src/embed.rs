//! A row of the embedding table.

use crate::matrix::Matrix;
use crate::num::stored;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Embed;

/// `out[i] = table[tokens[pos], i]`; +0.0 where the token is not in the table, nothing where it is in another shard of it.
#[inline(never)]
pub(crate) fn embed(
    p: &Embed,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let token = inputs[0][control.position as usize];
    // Within the domain the sum is no more than a word holds.
    if token >= p.before + p.vocab + p.after {
        out.fill(0);
        return;
    }
    let row = token.wrapping_sub(p.before);
    if row >= p.vocab {
        return;
    }
    let dim = p.dim as usize;
    let table = Matrix::new(p.format, &inputs[1..], p.vocab as usize * dim);
    let row = row as usize * dim;
    let mut words = out.iter_mut();
    table.elements(row + range.start..row + range.end, |value| {
        *words.next().expect("the output has the range's words") = stored(value);
    });
}
