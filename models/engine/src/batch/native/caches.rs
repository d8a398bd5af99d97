//! A sequence's keys and values.

use gavel_simd::attention::cache_positions;

/// A sequence's caches: of each element of a row all positions, one after the other.
pub(super) struct Caches {
    /// Positions that there is memory for.
    pub(super) positions: usize,
    /// By cache.
    pub(super) words: Vec<Vec<u32>>,
}

impl Caches {
    /// Empty caches of rows of these widths.
    pub(super) fn new(widths: &[usize], positions: usize) -> Self {
        let positions = cache_positions(positions);
        Caches {
            words: widths
                .iter()
                .map(|width| vec![0; width * positions])
                .collect(),
            positions,
        }
    }

    /// Takes the first positions over from another sequence's caches.
    pub(super) fn copy_from(&mut self, other: &Caches, positions: usize) {
        for (to, from) in self.words.iter_mut().zip(&other.words) {
            let rows = from.chunks_exact(other.positions);
            for (to, from) in to.chunks_exact_mut(self.positions).zip(rows) {
                to[..positions].copy_from_slice(&from[..positions]);
            }
        }
    }
}
