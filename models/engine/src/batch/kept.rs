//! Caches of requests that have ended, kept for those that begin with the same tokens.

/// A sequence that nobody computes in.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) sequence: usize,
    /// Positions that it has room for.
    pub(super) positions: usize,
    /// The tokens of the positions that were computed.
    pub(super) tokens: Vec<u32>,
}

/// Sequences that were kept, the one that was of use last at the end.
#[derive(Debug, Default)]
pub(super) struct Shelf(Vec<Kept>);

impl Shelf {
    /// The sequence that shares most first tokens with these, and how many.
    pub(super) fn best(&self, tokens: &[u32]) -> Option<(usize, usize)> {
        let shared = |kept: &Kept| (kept.sequence, shared_prefix(&kept.tokens, tokens));
        self.0.iter().map(shared).max_by_key(|(_, shared)| *shared)
    }

    /// Keeps a sequence; gives those that are of no use beside others: their tokens are the beginning of another one's.
    pub(super) fn put(&mut self, kept: Kept) -> Vec<Kept> {
        let longer = |other: &Kept| other.tokens.starts_with(&kept.tokens);
        if self.0.iter().any(longer) {
            return vec![kept];
        }
        let (stay, go) = self
            .0
            .drain(..)
            .partition(|other| !kept.tokens.starts_with(&other.tokens));
        self.0 = stay;
        self.0.push(kept);
        go
    }

    /// Room for so many positions each that the sequences have, but for `spared`.
    pub(super) fn positions(&self, spared: Option<usize>) -> impl Iterator<Item = usize> {
        let others = self
            .0
            .iter()
            .filter(move |kept| Some(kept.sequence) != spared);
        others.map(|kept| kept.positions)
    }

    /// Positions that a sequence has room for, if it is kept here.
    pub(super) fn room_of(&self, sequence: usize) -> Option<usize> {
        let kept = self.0.iter().find(|kept| kept.sequence == sequence);
        kept.map(|kept| kept.positions)
    }

    /// Takes a sequence away from here.
    pub(super) fn take(&mut self, sequence: usize) -> Option<Kept> {
        let at = self.0.iter().position(|kept| kept.sequence == sequence)?;
        Some(self.0.remove(at))
    }

    /// Says that a sequence was of use.
    pub(super) fn touch(&mut self, sequence: usize) {
        if let Some(kept) = self.take(sequence) {
            self.0.push(kept);
        }
    }

    /// Takes the one away that was of no use for longest, but not `spared`.
    pub(super) fn take_oldest(&mut self, spared: Option<usize>) -> Option<Kept> {
        let is_free = |kept: &Kept| Some(kept.sequence) != spared;
        let at = self.0.iter().position(is_free)?;
        Some(self.0.remove(at))
    }
}

/// How many first tokens two lists share.
pub(super) fn shared_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
