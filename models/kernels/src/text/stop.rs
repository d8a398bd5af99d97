//! FindStop.

use super::pieces::Pieces;
use core::ops::Range;
use gavel_primitives::MOST_STOP_BYTES;
use gavel_program::{Control, op::FindStop};

/// Bytes before a token's text that a stop text which ends in it can begin with.
const BEFORE: usize = MOST_STOP_BYTES - 1;

/// Element 0: one more than the bytes of the answer's text before the first stop text that ends in the text of token `pos + 1`, 0 if none
/// does; zero elsewhere. Not called where the control slot has no stop text.
#[inline(never)]
pub(crate) fn find_stop(
    p: &FindStop,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let pieces = Pieces::new(inputs[1], inputs[2], p.vocab);
    let tokens = &inputs[0][..p.tokens_capacity as usize];
    let next = (control.position as usize).saturating_add(1);
    let found = tokens.get(next).and_then(|token| {
        let first = next.min(control.prompt_tokens as usize);
        let answer = &tokens[first..next];
        let end = Tail::new(&pieces, answer, *token, p.longest);
        let length = answer
            .iter()
            .fold(0u32, |length, id| length.saturating_add(pieces.len(*id)));
        let begin = control
            .stop
            .iter()
            .filter_map(|text| end.find(text.bytes()))
            .min()?;
        // Of the tail so many bytes belong to the tokens before.
        Some(
            length
                .saturating_sub(end.kept as u32)
                .saturating_add(begin as u32),
        )
    });
    super::count::put(found.map_or(0, |kept| kept.saturating_add(1)), range, out);
}

/// The end of the answer's text: some bytes of the tokens before, and the last token's text.
struct Tail<'a> {
    pieces: &'a Pieces<'a>,
    /// Bytes of the tokens before, at the end of the array.
    before: [u8; BEFORE],
    /// How many there are.
    kept: usize,
    /// The last token's text.
    text: Range<usize>,
}

impl<'a> Tail<'a> {
    fn new(pieces: &'a Pieces<'a>, answer: &[u32], token: u32, longest: u32) -> Self {
        let mut before = [0; BEFORE];
        let mut kept = 0;
        for id in answer.iter().rev() {
            for at in pieces.range(*id).rev().take(BEFORE - kept) {
                kept += 1;
                before[BEFORE - kept] = pieces.byte(at);
            }
            if kept == BEFORE {
                break;
            }
        }
        let text = pieces.range(token);
        let length = text.len().min(longest as usize);
        Tail {
            pieces,
            before,
            kept,
            text: text.start..text.start + length,
        }
    }

    /// Where the first occurrence of a stop text begins that ends in the last token's text; none of an empty one.
    fn find(&self, stop: &[u8]) -> Option<usize> {
        if stop.is_empty() {
            return None;
        }
        let length = self.kept + self.text.len();
        // It must end after the bytes of the tokens before.
        let first = (self.kept + 1).saturating_sub(stop.len());
        (first..(length + 1).saturating_sub(stop.len())).find(|begin| self.is_at(*begin, stop))
    }

    fn is_at(&self, begin: usize, stop: &[u8]) -> bool {
        stop.iter()
            .enumerate()
            .all(|(at, byte)| *byte == self.byte(begin + at))
    }

    /// A byte of the tail.
    fn byte(&self, at: usize) -> u8 {
        match at.checked_sub(self.kept) {
            Some(at) => self.pieces.byte(self.text.start + at),
            None => self.before[BEFORE - self.kept + at],
        }
    }
}
