//! The table of merges.

/// Words of a row: left, right, rank.
const ROW: usize = 3;

/// Merges by rising left and right token, and what each makes, by rank.
pub(super) struct Merges<'a> {
    rows: &'a [u32],
    results: &'a [u32],
}

impl<'a> Merges<'a> {
    /// So many merges.
    ///
    /// # Panics
    /// If there are fewer.
    pub(super) fn new(rows: &'a [u32], results: &'a [u32], count: u32) -> Self {
        Merges {
            rows: &rows[..ROW * count as usize],
            results: &results[..count as usize],
        }
    }

    /// Rank of the merge of two tokens. The search probes the middle of what is left, rounded down; a rank outside the table is none.
    #[inline(never)]
    pub(super) fn find(&self, left: u32, right: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.results.len());
        while low < high {
            let middle = (low + high) / 2;
            let row = &self.rows[ROW * middle..][..ROW];
            if (row[0], row[1]) == (left, right) {
                return ((row[2] as usize) < self.results.len()).then_some(row[2]);
            }
            if (row[0], row[1]) < (left, right) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        None
    }

    /// The token that the merge of this rank makes.
    ///
    /// # Panics
    /// If the rank is outside the table; those that [`Self::find`] gives are inside.
    pub(super) fn result(&self, rank: u32) -> u32 {
        self.results[rank as usize]
    }
}
