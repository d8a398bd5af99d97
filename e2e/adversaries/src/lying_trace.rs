//! A trace that is true up to a place, garbage from there on, and ends as its maker wants.

use gavel_dispute::Trace;
use gavel_primitives::{Depth, Hash, node};
use std::sync::Arc;

/// Leaves `0..from` are the inner trace's, `from..end_from` are one garbage value, and from `end_from` on every leaf is the
/// forged end.
pub struct LyingTrace {
    inner: Arc<dyn Trace>,
    from: u64,
    end_from: u64,
    garbage: Vec<Hash>,
    end: Vec<Hash>,
}

impl LyingTrace {
    /// A lie over `inner`.
    ///
    /// # Panics
    /// If `from > end_from`, or `end_from` is past the last leaf.
    pub fn new(inner: Arc<dyn Trace>, from: u64, end_from: u64, garbage: Hash, end: Hash) -> Self {
        let depth = inner.depth();
        assert!(
            from <= end_from && end_from >> depth == 0,
            "{from}..{end_from} is no place of a trace of depth {depth}"
        );
        LyingTrace {
            inner,
            from,
            end_from,
            garbage: repeated(garbage, depth),
            end: repeated(end, depth),
        }
    }
}

/// The roots of trees of depth `0..=depth` whose leaves are all `leaf`.
fn repeated(leaf: Hash, depth: Depth) -> Vec<Hash> {
    let mut roots = vec![leaf];
    for height in 0..usize::from(depth) {
        roots.push(node(&roots[height], &roots[height]));
    }
    roots
}

impl Trace for LyingTrace {
    fn depth(&self) -> Depth {
        self.inner.depth()
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        let (first, last) = (index << height, ((index + 1) << height) - 1);
        if last < self.from {
            return self.inner.node(height, index);
        }
        if first >= self.end_from {
            return self.end[usize::from(height)];
        }
        if first >= self.from && last < self.end_from {
            return self.garbage[usize::from(height)];
        }
        // The node spans a border, of which there are two: one path down for each.
        node(
            &self.node(height - 1, 2 * index),
            &self.node(height - 1, 2 * index + 1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::{Tree, keccak};

    #[test]
    fn equals_the_written_out_lie_at_every_place() {
        let truth: Vec<Hash> = (0..16u8).map(|i| keccak(&[i])).collect();
        let inner: Arc<dyn Trace> = Arc::new(Tree::new(truth.clone(), 4));
        let (garbage, end) = (keccak(b"garbage"), keccak(b"end"));
        for from in 0..16u64 {
            for end_from in from..16 {
                let lie = LyingTrace::new(inner.clone(), from, end_from, garbage, end);
                let written = (0..16u64)
                    .map(|i| {
                        if i < from {
                            truth[i as usize]
                        } else if i < end_from {
                            garbage
                        } else {
                            end
                        }
                    })
                    .collect();
                let tree = Tree::new(written, 4);
                for height in 0..=4 {
                    for index in 0..16u64 >> height {
                        assert_eq!(
                            lie.node(height, index),
                            tree.node(height, index),
                            "{from} {end_from} {height} {index}"
                        );
                    }
                }
            }
        }
    }
}
