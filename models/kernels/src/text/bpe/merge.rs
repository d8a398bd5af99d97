//! The merges inside one word.

use super::merges::Merges;
use crate::text::candidates::{Candidate, Candidates};
use crate::text::layout::WordRoom;
use crate::text::symbols::Symbols;

/// Tokens above this are none: they merge with nothing and are left out.
const LAST: u32 = i32::MAX as u32;

/// A word in the making: symbols with the token of each at its first byte.
struct Word<'a> {
    symbols: Symbols<'a>,
    tokens: &'a mut [u32],
}

/// Hands out the tokens of a word: its bytes' tokens, after all neighbours that may merge have, lowest rank first, of equal ranks the
/// leftmost.
///
/// # Panics
/// If the word is longer than the room.
#[inline(never)]
pub(super) fn merge(
    bytes: &[u8],
    byte_tokens: &[u32],
    merges: &Merges<'_>,
    room: &mut WordRoom<'_>,
    sink: &mut dyn FnMut(u32),
) {
    let mut word = Word {
        symbols: Symbols::new(room.links, bytes.len()),
        tokens: &mut room.tokens[..bytes.len()],
    };
    let mut candidates = Candidates::new(room.candidates);
    word.begin(bytes, byte_tokens);
    for left in 0..bytes.len() {
        word.propose(left, merges, &mut candidates);
    }
    while let Some(best) = candidates.pop() {
        let Some(right) = word.symbols.right_of(best.left, best.end) else {
            continue;
        };
        word.symbols.join(best.left, right);
        word.tokens[best.left] = merges.result(rank(best));
        if let Some(before) = word.symbols.before(best.left) {
            word.propose(before, merges, &mut candidates);
        }
        word.propose(best.left, merges, &mut candidates);
    }
    word.hand_out(sink);
}

impl Word<'_> {
    /// One symbol for each byte.
    fn begin(&mut self, bytes: &[u8], byte_tokens: &[u32]) {
        for (at, byte) in bytes.iter().enumerate() {
            self.symbols.put(at, at + 1, at.checked_sub(1));
            self.tokens[at] = byte_tokens[usize::from(*byte)];
        }
    }

    /// Adds the pair of the symbol at `left` and the one after it, if there is one and they may merge.
    fn propose(&self, left: usize, merges: &Merges<'_>, candidates: &mut Candidates<'_>) {
        let Some(right) = self.symbols.after(left) else {
            return;
        };
        let (first, second) = (self.tokens[left], self.tokens[right]);
        if first > LAST || second > LAST {
            return;
        }
        if let Some(rank) = merges.find(first, second) {
            candidates.push(Candidate {
                score: !(rank as i32),
                left,
                end: self.symbols.end(right),
            });
        }
    }

    fn hand_out(&self, sink: &mut dyn FnMut(u32)) {
        let mut at = 0;
        while at < self.tokens.len() {
            if self.tokens[at] <= LAST {
                sink(self.tokens[at]);
            }
            at = self.symbols.end(at);
        }
    }
}

/// The rank that made a candidate's score: scores fall as ranks rise.
fn rank(candidate: Candidate) -> u32 {
    !candidate.score as u32
}
