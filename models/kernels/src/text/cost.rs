//! Worst-case cost of the text operators' tiles, as [`crate::cost()`]: instructions of the guest, rounded up from its disassembly.

use super::layout::EXPANSION;
use gavel_primitives::{MOST_STOP_BYTES, STOP_TEXTS};
use gavel_program::boot::TILE_BYTES;
use gavel_program::op::{Bpe, Detokenize, FindStop, Tokenizer, WordPiece};

/// Escaping one byte of the prompt.
const ESCAPE: u64 = 80;
/// Clearing one link.
const LINK: u64 = 4;
/// Splitting off one symbol.
const SPLIT: u64 = 200;
/// A search, without its probes.
const FIND: u64 = 50;
/// A probe, without comparing.
const PROBE: u64 = 60;
/// Comparing one byte.
const BYTE: u64 = 18;
/// Comparing one byte of a stop text, which may stand in either part of the text's end.
const STOP_BYTE: u64 = 26;
/// Looking at one byte of a prompt for special tokens and words, characters looked at again included.
const SCAN: u64 = 1500;
/// Looking for the texts that go on as the prompt does, without the probes.
const DEEPER: u64 = 80;
/// Looking up a pair, without its probes, and one probe.
const PAIR: u64 = 80;
const PAIR_PROBE: u64 = 50;
/// Adding a candidate, and moving it up one level.
const PUSH: u64 = 60;
const UP: u64 = 40;
/// Taking a candidate, and moving another down one level.
const POP: u64 = 120;
const DOWN: u64 = 70;
/// Looking at one candidate or one symbol, and joining two.
const MERGE: u64 = 300;
/// Handing out one symbol.
const EMIT: u64 = 300;
/// Spelling one byte of a symbol.
const SPELL: u64 = 80;
/// Clearing the chunk.
const CLEAR: u64 = 1500;
/// Characters that one character becomes at most.
const BECOMES: u64 = 3;
/// Bytes of a character at most.
const CHARACTER: u64 = 4;
/// Writing a character, and moving a mark past another.
const PUT: u64 = 400;
const PAST: u64 = 80;
/// Measuring one token's text.
const TOKEN: u64 = 120;
/// Copying one byte of a text.
const COPY: u64 = 30;

/// TokenizeIds or TokenizeCount: every tile does the whole.
pub(crate) fn tokenize(p: &Tokenizer) -> u64 {
    let prompt = u64::from(p.prompt_capacity) + 1;
    let bytes = EXPANSION as u64 * prompt;
    let symbols = bytes / 2; // see `layout`
    let candidates = 3 * symbols;
    let levels = u64::from((2 * symbols).ilog2()) + 1;
    let find = find(p, bytes);
    let split = prompt * ESCAPE + bytes * LINK + symbols * SPLIT;
    let merge = candidates * (find + MERGE + PUSH + POP + levels * (UP + DOWN));
    let emit = symbols * (find + EMIT) + bytes * SPELL;
    special_tokens(prompt, p.specials, p.longest_special) + split + merge + emit + CLEAR
}

/// BpeIds or BpeCount: every tile does the whole. The costliest word is the whole prompt, the costliest search for words that of
/// one for each byte.
pub(crate) fn bpe(p: &Bpe) -> u64 {
    let prompt = u64::from(p.prompt_capacity) + 1;
    let candidates = 3 * prompt;
    let levels = u64::from((2 * prompt).ilog2()) + 1;
    let pair = PAIR + probes(p.merges) * PAIR_PROBE;
    let merge = candidates * (pair + MERGE + PUSH + POP + levels * (UP + DOWN));
    let whole = prompt * (FIND + probes(p.whole) * (PROBE + BYTE));
    let begin = prompt * (SCAN + LINK + SPLIT + EMIT);
    special_tokens(prompt, p.specials, p.longest_special) + begin + whole + merge + CLEAR
}

/// WordPieceIds or WordPieceCount: every tile does the whole. In the costliest prompt each byte becomes as many characters as it can, all
/// of them marks in the reverse of their order, and each of them is a token of its own.
pub(crate) fn word_piece(p: &WordPiece) -> u64 {
    let prompt = u64::from(p.prompt_capacity) + 1;
    let characters = BECOMES * prompt;
    let word = u64::from(p.most_characters);
    let replace = prompt * (SCAN + PAIR + probes(p.mappings) * PAIR_PROBE);
    let put = characters * (PUT + word.min(characters) * PAST);
    let longest = u64::from(p.longest_word.max(p.longest_continuation));
    let deepest = longest.min(CHARACTER * word);
    let probes = probes(p.words.max(p.continuations));
    let look_up = characters * (FIND + EMIT + deepest * (DEEPER + 2 * probes * PROBE));
    special_tokens(prompt, p.specials, p.longest_special) + replace + put + look_up + CLEAR
}

/// Looking for special tokens at each place of a prompt: for each byte of the longest, two searches.
fn special_tokens(prompt: u64, specials: u32, longest: u32) -> u64 {
    let deepest = u64::from(longest).min(prompt);
    prompt * (SCAN + deepest * (DEEPER + 2 * probes(specials) * PROBE))
}

/// Most probes of a binary search.
fn probes(entries: u32) -> u64 {
    entries.checked_ilog2().map_or(0, |log| u64::from(log) + 1)
}

/// One search among the sorted texts.
fn find(p: &Tokenizer, text: u64) -> u64 {
    FIND + probes(p.sorted_len) * (PROBE + u64::from(p.max_text).min(text) * BYTE)
}

/// Detokenize or DetokenizeLen.
pub(crate) fn detokenize(p: &Detokenize) -> u64 {
    u64::from(p.tokens_capacity) * TOKEN + TILE_BYTES as u64 * COPY + CLEAR
}

/// FindStop: each token of the answer is measured, and each byte of the last one's text may be the last of each stop text.
pub(crate) fn find_stop(p: &FindStop) -> u64 {
    let ends = u64::from(p.longest) + 1;
    let compared = STOP_TEXTS as u64 * ends * (MOST_STOP_BYTES as u64 * STOP_BYTE + FIND);
    u64::from(p.tokens_capacity) * 2 * TOKEN + MOST_STOP_BYTES as u64 * COPY + compared + CLEAR
}

/// Advance.
pub(crate) fn advance() -> u64 {
    CLEAR
}
