//! The greedy merges.

use super::{
    candidates::{Candidate, Candidates},
    symbols::Symbols,
    vocabulary::Vocabulary,
};

/// Merges neighbours whose joint text is a token, the highest score first, of equal scores the leftmost pair, until none is left.
#[inline(never)]
pub(super) fn merge(
    text: &[u8],
    vocabulary: &Vocabulary<'_>,
    symbols: &mut Symbols<'_>,
    candidates: &mut Candidates<'_>,
) {
    let mut left = 0;
    while left < text.len() {
        propose(text, vocabulary, symbols, candidates, left);
        left = symbols.end(left);
    }
    while let Some(best) = candidates.pop() {
        let Some(right) = symbols.right_of(best.left, best.end) else {
            continue;
        };
        symbols.join(best.left, right);
        if let Some(before) = symbols.before(best.left) {
            propose(text, vocabulary, symbols, candidates, before);
        }
        propose(text, vocabulary, symbols, candidates, best.left);
    }
}

/// Adds the pair of the symbol at `left` and the one after it, if there is one and their joint text is a token.
fn propose(
    text: &[u8],
    vocabulary: &Vocabulary<'_>,
    symbols: &Symbols<'_>,
    candidates: &mut Candidates<'_>,
    left: usize,
) {
    let Some(right) = symbols.after(left) else {
        return;
    };
    let end = symbols.end(right);
    if let Some(id) = vocabulary.find(&text[left..end]) {
        let score = vocabulary.score(id);
        candidates.push(Candidate { score, left, end });
    }
}
