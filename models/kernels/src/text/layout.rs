//! How the tokenizers cut up their scratch.
//!
//! # SentencePiece
//!
//! | words | content |
//! |---|---|
//! | 2^14 | the escaped text, at most 65,535 bytes |
//! | 2^16 | links of the symbols, one word for each byte of the text |
//! | 2^17 | candidates, two words each |
//!
//! A byte of the prompt (or the prefix) becomes at most three, so the text fits if the prompt has at most [`MAX_PROMPT`] bytes.
//! Offsets fit 16 bits. Of m bytes with the prefix come at most 3m/2 symbols: a byte starts one symbol, but for a space
//! whose first escaped byte a longer symbol has swallowed, which starts two; each needs a lead byte of its own before it.
//! Candidates: one for each pair of neighbours at first; a merge takes one and adds at most two. So they are fewer than twice the
//! symbols: 2 * 32,767. A prompt that names special tokens is tokenized in parts, each with a prefix, in the same scratch.
//!
//! # Byte-level BPE
//!
//! | words | content |
//! |---|---|
//! | 2^15 | links of a word's symbols, one for each byte |
//! | 2^15 | tokens of the symbols |
//! | 2^17 | candidates, two words each |
//!
//! The longest word is the whole prompt, of at most [`MAX_BPE_PROMPT`] bytes, each a symbol. Candidates are fewer than twice as many, as
//! above.

use crate::view::u8s_mut;
use gavel_program::boot::SCRATCH_WORDS;

/// Most bytes of the escaped text: offsets up to its end fit 16 bits.
const MAX_TEXT: usize = 0xFFFF;
/// Bytes that one byte of a prompt becomes at most.
pub(super) const EXPANSION: usize = 3;
/// Most bytes of a prompt that the scratch can hold, one less for the prefix.
pub const MAX_PROMPT: u32 = (MAX_TEXT / EXPANSION - 1) as u32;

/// Most bytes of a prompt that fits the scratch of byte-level BPE: the longest word is all of it.
pub const MAX_BPE_PROMPT: u32 = BPE_BYTES as u32;

const TEXT_WORDS: usize = 1 << 14;
const LINK_WORDS: usize = 1 << 16;
const CANDIDATE_WORDS: usize = 1 << 17;

const _: () = assert!(TEXT_WORDS + LINK_WORDS + CANDIDATE_WORDS <= SCRATCH_WORDS);
const BPE_BYTES: usize = 1 << 15;

const _: () = assert!(2 * BPE_BYTES + CANDIDATE_WORDS <= SCRATCH_WORDS);
const _: () = assert!(2 * 2 * BPE_BYTES <= CANDIDATE_WORDS);
const _: () = assert!(EXPANSION * (MAX_PROMPT as usize + 1) <= MAX_TEXT);

/// The parts of the scratch.
pub(super) struct Layout<'a> {
    /// Escaped text.
    pub(super) text: &'a mut [u8],
    /// Links of the symbols.
    pub(super) links: &'a mut [u32],
    /// Heap of candidates.
    pub(super) candidates: &'a mut [u32],
}

impl<'a> Layout<'a> {
    /// Cuts up the scratch.
    ///
    /// # Panics
    /// If it is shorter than [`SCRATCH_WORDS`].
    pub(super) fn new(scratch: &'a mut [u32]) -> Self {
        let (text, rest) = scratch.split_at_mut(TEXT_WORDS);
        let (links, rest) = rest.split_at_mut(LINK_WORDS);
        Layout {
            text: u8s_mut(text),
            links,
            candidates: &mut rest[..CANDIDATE_WORDS],
        }
    }
}

/// The parts of the scratch in which one word is merged.
pub(super) struct WordRoom<'a> {
    /// Links of the symbols.
    pub(super) links: &'a mut [u32],
    /// Tokens of the symbols.
    pub(super) tokens: &'a mut [u32],
    /// Heap of candidates.
    pub(super) candidates: &'a mut [u32],
}

impl<'a> WordRoom<'a> {
    /// Cuts up the scratch.
    ///
    /// # Panics
    /// If it is shorter than [`SCRATCH_WORDS`].
    pub(super) fn new(scratch: &'a mut [u32]) -> Self {
        let (links, rest) = scratch.split_at_mut(BPE_BYTES);
        let (tokens, rest) = rest.split_at_mut(BPE_BYTES);
        WordRoom {
            links,
            tokens,
            candidates: &mut rest[..CANDIDATE_WORDS],
        }
    }
}
