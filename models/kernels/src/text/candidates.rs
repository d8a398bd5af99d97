//! Pairs of neighbours that may merge, best first: a binary heap of 64-bit ranks, two words each.

/// A pair of neighbouring symbols whose joint text is a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Integer that orders as the token's score does.
    pub(super) score: i32,
    /// Start of the left symbol.
    pub(super) left: usize,
    /// End of the right symbol.
    pub(super) end: usize,
}

impl Candidate {
    /// Ranks by score, of equal scores the leftmost first; the end alone tells no two live candidates apart.
    fn rank(self) -> u64 {
        let score = u64::from(self.score as u32 ^ 1 << 31);
        score << 32 | u64::from(!(self.left as u16)) << 16 | u64::from(self.end as u16)
    }

    fn from_rank(rank: u64) -> Self {
        Candidate {
            score: ((rank >> 32) as u32 ^ 1 << 31) as i32,
            left: usize::from(!((rank >> 16) as u16)),
            end: usize::from(rank as u16),
        }
    }
}

/// The heap.
pub(super) struct Candidates<'a> {
    words: &'a mut [u32],
    len: usize,
}

impl<'a> Candidates<'a> {
    /// An empty heap with room for half as many candidates as words.
    pub(super) fn new(words: &'a mut [u32]) -> Self {
        Candidates { words, len: 0 }
    }

    /// Adds a candidate.
    ///
    /// # Panics
    /// If the heap is full: [`super::layout`] says why it never is.
    #[inline(never)]
    pub(super) fn push(&mut self, candidate: Candidate) {
        let rank = candidate.rank();
        let mut hole = self.len;
        self.len += 1;
        while hole > 0 {
            let parent = (hole - 1) / 2;
            let above = self.get(parent);
            if above >= rank {
                break;
            }
            self.set(hole, above);
            hole = parent;
        }
        self.set(hole, rank);
    }

    /// Takes the best candidate.
    #[inline(never)]
    pub(super) fn pop(&mut self) -> Option<Candidate> {
        if self.len == 0 {
            return None;
        }
        let best = self.get(0);
        self.len -= 1;
        let last = self.get(self.len);
        let mut hole = 0;
        loop {
            let left = 2 * hole + 1;
            if left >= self.len {
                break;
            }
            let child = self.better(left);
            let rank = self.get(child);
            if rank <= last {
                break;
            }
            self.set(hole, rank);
            hole = child;
        }
        self.set(hole, last);
        Some(Candidate::from_rank(best))
    }

    /// The better of the entry `left` and its right sibling, if it has one.
    fn better(&self, left: usize) -> usize {
        let right = left + 1;
        if right < self.len && self.get(right) > self.get(left) {
            right
        } else {
            left
        }
    }

    fn get(&self, entry: usize) -> u64 {
        u64::from(self.words[2 * entry]) | u64::from(self.words[2 * entry + 1]) << 32
    }

    fn set(&mut self, entry: usize, rank: u64) {
        self.words[2 * entry] = rank as u32;
        self.words[2 * entry + 1] = (rank >> 32) as u32;
    }
}
