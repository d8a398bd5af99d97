//! The symbols of a text: a linked list over byte offsets.
//!
//! A symbol is known by the offset of its first byte and ends where the next one begins. Its link is one word: the end in the low
//! half, and in the high half the start of the symbol before it. A link of 0 is no symbol: an end is never 0.

/// The start of the symbol before the first.
const NONE: u32 = 0xFFFF;

/// Links over a text of at most 65,535 bytes.
pub(super) struct Symbols<'a> {
    links: &'a mut [u32],
    text_len: usize,
}

impl<'a> Symbols<'a> {
    /// No symbols yet, over a text of `text_len` bytes.
    ///
    /// # Panics
    /// If there are fewer links than bytes.
    pub(super) fn new(links: &'a mut [u32], text_len: usize) -> Self {
        Symbols {
            links: &mut links[..text_len],
            text_len,
        }
    }

    /// Adds the symbol `start..end` after the one that begins at `before`; offsets inside it are none.
    pub(super) fn put(&mut self, start: usize, end: usize, before: Option<usize>) {
        self.links[start..end].fill(0);
        let before = before.map_or(NONE, |offset| offset as u32);
        self.links[start] = before << 16 | end as u32;
    }

    /// End of the symbol at `start`; 0 if none begins there.
    pub(super) fn end(&self, start: usize) -> usize {
        (self.links[start] & 0xFFFF) as usize
    }

    /// The symbol before the one at `start`.
    pub(super) fn before(&self, start: usize) -> Option<usize> {
        let before = self.links[start] >> 16;
        (before != NONE).then_some(before as usize)
    }

    /// The symbol after the one at `start`.
    pub(super) fn after(&self, start: usize) -> Option<usize> {
        let end = self.end(start);
        (end < self.text_len).then_some(end)
    }

    /// The symbol after the one at `left`, if it ends at `end`; none if a join has taken one of the two since they were neighbours
    /// that ended there.
    pub(super) fn right_of(&self, left: usize, end: usize) -> Option<usize> {
        if self.end(left) == 0 {
            return None;
        }
        let right = self.after(left)?;
        (self.end(right) == end).then_some(right)
    }

    /// Joins the symbol at `left` with the one after it, which begins at `right`.
    pub(super) fn join(&mut self, left: usize, right: usize) {
        let end = self.end(right);
        self.links[right] = 0;
        self.links[left] = self.links[left] & 0xFFFF_0000 | end as u32;
        if end < self.text_len {
            self.links[end] = self.links[end] & 0xFFFF | (left as u32) << 16;
        }
    }
}
