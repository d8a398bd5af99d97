//! Texts of tokens: bytes and offsets, read without trust in either.

use crate::view::u8s;
use core::{cmp::Ordering, ops::Range};
use gavel_program::boot::WINDOW_BYTES;

/// The texts of a vocabulary: that of token i is `bytes[offsets[i]..offsets[i + 1]]`.
///
/// An offset past the window counts as its end, a text that ends before it begins is empty, bytes past the tensor are
/// zero: so a slice of the tensor and the machine's whole window read alike.
#[derive(Clone, Copy)]
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    offsets: &'a [u32],
}

impl<'a> Pieces<'a> {
    /// The texts of `vocab` tokens.
    ///
    /// # Panics
    /// If there are fewer than `vocab + 1` offsets.
    pub(super) fn new(texts: &'a [u32], offsets: &'a [u32], vocab: u32) -> Self {
        Pieces {
            bytes: u8s(texts),
            offsets: &offsets[..vocab as usize + 1],
        }
    }

    /// Where a token's text lies; empty for an id outside the vocabulary.
    pub(super) fn range(&self, id: u32) -> Range<usize> {
        let id = id as usize;
        if id >= self.offsets.len() - 1 {
            return 0..0;
        }
        let clip = |offset: u32| (offset as usize).min(WINDOW_BYTES);
        let start = clip(self.offsets[id]);
        start..clip(self.offsets[id + 1]).max(start)
    }

    /// Bytes of a token's text.
    pub(super) fn len(&self, id: u32) -> u32 {
        self.range(id).len() as u32
    }

    /// The byte at an offset into all texts.
    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(offset).copied().unwrap_or(0)
    }

    /// How `text` compares with a token's text, byte by byte; a prefix comes first.
    pub(super) fn compare(&self, text: &[u8], id: u32) -> Ordering {
        let range = self.range(id);
        for (byte, at) in text.iter().zip(range.clone()) {
            let other = self.byte(at);
            if *byte != other {
                return byte.cmp(&other);
            }
        }
        text.len().cmp(&range.len())
    }
}
