//! What the nodes of a step changed, kept until the step is hashed.

use crate::State;
use crate::env::{LEAF_WORDS, leaves_of};
use gavel_primitives::Hash;
use gavel_program::{Control, Op};
use std::ops::Range;

/// A node's output slot as the node left it, as far as it may have changed.
#[derive(Clone, Debug)]
struct Change {
    node: usize,
    place: usize,
    /// Which of the runs.
    runs: Range<usize>,
}

/// The changes of one step, in the order of its nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    changes: Vec<Change>,
    /// First leaf of each run, and where its leaves end among the words.
    runs: Vec<(usize, usize)>,
    words: Vec<u32>,
}

impl Changes {
    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.runs.clear();
        self.words.clear();
    }

    /// Keeps these words, by rising ones, of the slot at `place`, which node `node` has just written.
    pub(crate) fn keep(
        &mut self,
        node: usize,
        place: usize,
        words: impl Iterator<Item = Range<usize>>,
        state: &State,
    ) {
        let (slot, first) = (state.slot(place), self.runs.len());
        for words in words.filter(|words| !words.is_empty()) {
            let leaves = words.start / LEAF_WORDS..words.end.div_ceil(LEAF_WORDS);
            self.words
                .extend_from_slice(&slot[leaves.start * LEAF_WORDS..leaves.end * LEAF_WORDS]);
            self.runs.push((leaves.start, self.words.len()));
        }
        self.changes.push(Change {
            node,
            place,
            runs: first..self.runs.len(),
        });
    }

    /// Number of changes.
    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// The node of each change.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = usize> {
        self.changes.iter().map(|change| change.node)
    }

    /// The place of the slot that a change is of.
    pub(crate) fn place(&self, change: usize) -> usize {
        self.changes[change].place
    }

    /// The runs of leaves of a change: their first ones, and they.
    pub(crate) fn leaves(&self, change: usize) -> impl Iterator<Item = (usize, &[Hash])> {
        self.changes[change].runs.clone().map(|run| {
            let start = run.checked_sub(1).map_or(0, |before| self.runs[before].1);
            let (first, end) = self.runs[run];
            (first, leaves_of(&self.words[start..end]))
        })
    }
}

/// The words that may have changed in runs: of attention's scores and weights only the positions that are seen, of other operators
/// and without one all words.
pub(crate) fn runs_of(
    op: Option<&Op>,
    control: &Control,
    words: Range<usize>,
) -> impl Iterator<Item = Range<usize>> + use<> {
    let seen = |window: u32| {
        let end = control.position as usize + 1;
        end.saturating_sub(window as usize)..end
    };
    let (rows, stride, run) = match op {
        Some(Op::Scores(p)) => (p.heads, p.context, seen(p.window)),
        Some(Op::Softmax(p)) => (p.heads, p.context, seen(p.window)),
        _ => (1, 0, words),
    };
    (0..rows as usize).map(move |row| {
        let start = row * stride as usize;
        start + run.start..start + run.end
    })
}
