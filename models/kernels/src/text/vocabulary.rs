//! The tokenizer's view of its vocabulary.

use super::pieces::Pieces;
use crate::{num, view::f32s};
use core::cmp::Ordering;
use gavel_program::op::Tokenizer;

/// Texts, scores and byte tokens.
pub(super) struct Vocabulary<'a> {
    pieces: Pieces<'a>,
    scores: &'a [f32],
    sorted: &'a [u32],
    byte_tokens: &'a [u32],
    max_text: usize,
}

impl<'a> Vocabulary<'a> {
    /// The vocabulary among the inputs of a tokenizer's node.
    pub(super) fn new(p: &Tokenizer, inputs: &[&'a [u32]]) -> Self {
        Vocabulary {
            pieces: Pieces::new(inputs[1], inputs[2], p.vocab),
            scores: &f32s(inputs[3])[..p.vocab as usize],
            sorted: &inputs[4][..p.sorted_len as usize],
            byte_tokens: &inputs[5][..256],
            max_text: p.max_text as usize,
        }
    }

    /// The token with this text. The search probes the middle of what is left, rounded down: on a `sorted` that is not sorted
    /// it finds what it finds, everywhere the same (the standard library does not promise its probes).
    #[inline(never)]
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        if text.len() > self.max_text {
            return None;
        }
        let (mut low, mut high) = (0, self.sorted.len());
        while low < high {
            let middle = (low + high) / 2;
            let id = self.sorted[middle];
            match self.pieces.compare(text, id) {
                Ordering::Equal => return ((id as usize) < self.scores.len()).then_some(id),
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
            }
        }
        None
    }

    /// An integer that orders as the scores do, NaN lowest.
    ///
    /// # Panics
    /// If `id` is outside the vocabulary; those that [`Self::find`] gives are inside.
    pub(super) fn score(&self, id: u32) -> i32 {
        num::key(self.scores[id as usize])
    }

    /// The token that stands for a byte.
    pub(super) fn byte_token(&self, byte: u8) -> Option<u32> {
        let id = self.byte_tokens[usize::from(byte)];
        (id <= i32::MAX as u32).then_some(id)
    }
}
