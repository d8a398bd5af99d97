//! Detokenize and DetokenizeLen.

use super::pieces::Pieces;
use crate::view::u8s_mut;
use core::ops::Range;
use gavel_program::{Control, op::Detokenize};

/// The text of the generated tokens up to its end in the control slot, zero past it.
#[inline(never)]
pub(crate) fn detokenize(
    p: &Detokenize,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let out = &mut u8s_mut(out)[..range.len()];
    out.fill(0);
    let end = range.end.min(control.text_limit() as usize);
    let out = &mut out[..end.saturating_sub(range.start)];
    let pieces = Pieces::new(inputs[1], inputs[2], p.vocab);
    let mut at = 0u32;
    for id in generated(p, control, inputs[0]) {
        if at as usize >= end {
            return;
        }
        copy(&pieces, *id, at as usize, range.start, out);
        at = at.saturating_add(pieces.len(*id));
    }
}

/// The number of bytes of that text in element 0, zero elsewhere; at most 2^32 - 1.
#[inline(never)]
pub(crate) fn detokenize_len(
    p: &Detokenize,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let pieces = Pieces::new(inputs[1], inputs[2], p.vocab);
    let len = generated(p, control, inputs[0])
        .iter()
        .fold(0u32, |len, id| len.saturating_add(pieces.len(*id)));
    let len = len.min(control.text_limit());
    super::count::put(len, range, out);
}

/// The generated tokens: those after the prompt's, as far as the slot goes.
fn generated<'a>(p: &Detokenize, control: &Control, tokens: &'a [u32]) -> &'a [u32] {
    let start = control.prompt_tokens.min(p.tokens_capacity);
    let count = control.tokens_out.min(p.tokens_capacity - start);
    &tokens[start as usize..][..count as usize]
}

/// Copies the part of a token's text, which is printed from `at` on, that falls into `out`, which begins at `first`.
fn copy(pieces: &Pieces<'_>, id: u32, at: usize, first: usize, out: &mut [u8]) {
    let text = pieces.range(id);
    let skipped = first.saturating_sub(at);
    if skipped >= text.len() {
        return;
    }
    let to = &mut out[at.saturating_sub(first)..];
    for (byte, offset) in to.iter_mut().zip(text.start + skipped..text.end) {
        *byte = pieces.byte(offset);
    }
}
