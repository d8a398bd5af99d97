//! Texts in one buffer, and lists of tokens by text.

use std::collections::BTreeMap;

/// Texts in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// All texts, one after the other.
    pub bytes: Vec<u8>,
    /// Where each text starts, and the end of the last.
    pub offsets: Vec<i32>,
}

impl Texts {
    pub(super) fn new(texts: impl Iterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut all = Texts {
            bytes: Vec::new(),
            offsets: vec![0],
        };
        for text in texts {
            all.bytes.extend_from_slice(text.as_ref());
            all.offsets.push(all.bytes.len() as i32);
        }
        all
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A text.
    ///
    /// # Panics
    /// If there is no such text.
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// Bytes of the longest.
    pub fn longest(&self) -> u32 {
        let lengths = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        lengths.max().unwrap_or(0) as u32
    }
}

/// Tokens by rising text, no text empty, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexicon {
    /// The texts, in order.
    pub texts: Texts,
    /// The token of each.
    pub ids: Vec<i32>,
}

impl Lexicon {
    /// Tokens with their texts; of those that share one the last counts.
    pub(super) fn new<T: AsRef<[u8]> + Ord>(tokens: impl Iterator<Item = (T, usize)>) -> Self {
        let by_text: BTreeMap<T, usize> = tokens
            .filter(|(text, _)| !text.as_ref().is_empty())
            .collect();
        Lexicon {
            texts: Texts::new(by_text.keys()),
            ids: by_text.values().map(|id| *id as i32).collect(),
        }
    }
}
