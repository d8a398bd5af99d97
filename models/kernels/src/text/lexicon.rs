//! A list of tokens by rising text: whether one has a text, and the longest with which a text begins.

use super::pieces::Pieces;
use core::cmp::Ordering;

/// Texts in order, the token of each, and the bytes of the longest.
pub(super) struct Lexicon<'a> {
    texts: Pieces<'a>,
    ids: &'a [u32],
    longest: usize,
}

impl<'a> Lexicon<'a> {
    /// The lexicon in three inputs: texts, offsets, ids.
    ///
    /// # Panics
    /// If there are fewer than `count + 1` offsets or `count` ids.
    pub(super) fn new(inputs: &[&'a [u32]], count: u32, longest: u32) -> Self {
        Lexicon {
            texts: Pieces::new(inputs[0], inputs[1], count),
            ids: &inputs[2][..count as usize],
            longest: longest as usize,
        }
    }

    /// The token with this text. The search probes the middle of what is left, rounded down: in a lexicon that is not sorted it finds
    /// what it finds, everywhere the same (the standard library does not promise its probes).
    #[inline(never)]
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        if text.len() > self.longest {
            return None;
        }
        let (mut low, mut high) = (0, self.ids.len());
        while low < high {
            let middle = (low + high) / 2;
            match self.texts.compare(text, middle as u32) {
                Ordering::Equal => return Some(self.ids[middle]),
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
            }
        }
        None
    }

    /// The token with the longest text that `text` begins with, and that text's length, which is not 0. Byte by byte the search keeps
    /// those that go on as `text` does; probes are as in [`Self::find`].
    #[inline(never)]
    pub(super) fn longest_prefix(&self, text: &[u8]) -> Option<(u32, usize)> {
        let (mut low, mut high) = (0, self.ids.len());
        let mut best = None;
        for (depth, byte) in text.iter().take(self.longest).enumerate() {
            low = self.first_not_below(low..high, depth, u32::from(*byte));
            high = self.first_not_below(low..high, depth, u32::from(*byte) + 1);
            if low == high {
                break;
            }
            if self.texts.len(low as u32) as usize == depth + 1 {
                best = Some((self.ids[low], depth + 1));
            }
        }
        best
    }

    /// The first text of a range whose byte at `depth` is not below `byte`; a text that has ended counts as below all.
    fn first_not_below(&self, range: core::ops::Range<usize>, depth: usize, byte: u32) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = (low + high) / 2;
            let text = self.texts.range(middle as u32);
            if text.len() <= depth || u32::from(self.texts.byte(text.start + depth)) < byte {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
