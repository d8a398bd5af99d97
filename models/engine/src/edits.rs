//! Departures from a program, for those who try: what a liar's execution is made of.

use crate::changes::runs_of;
use crate::{Engine, Outcome, State, StateError};
use gavel_primitives::Params;
use std::ops::Range;
use std::sync::Arc;

/// What an [`Edit`] does to the words of a slot; the same each time, as states are computed more than once.
pub type Rewrite = Arc<dyn Fn(&mut [u32]) + Send + Sync>;

/// A departure from the program: after node `node` of step `step` (whether it ran or not) its output slot is
/// rewritten, and everything after it is computed honestly from there.
#[derive(Clone)]
pub struct Edit {
    /// The step.
    pub step: u64,
    /// The node.
    pub node: usize,
    /// Rewrites the words of the node's whole output slot.
    pub rewrite: Rewrite,
}

/// Answers a request along edits, without hashing.
///
/// # Errors
/// [`StateError`] when the request can't start.
pub fn answer_edited(
    engine: &Engine,
    prompt: &[u8],
    params: &Params,
    edits: &[Edit],
) -> Result<Outcome, StateError> {
    let mut state = State::first(engine.program(), prompt, params)?;
    let mut steps = 0;
    while engine.goes_on(&state, steps) {
        for k in 0..engine.program().nodes.len() {
            run_edited(engine, edits, steps, k, &mut state);
        }
        engine.end_step(&mut state);
        steps += 1;
    }
    Ok(engine.outcome(&state, steps))
}

/// What of a node's output may have changed.
pub(crate) struct Changed {
    node: usize,
    words: Range<usize>,
    edited: bool,
}

impl Changed {
    /// The words in runs; after an edit all of them.
    pub(crate) fn runs(
        self,
        engine: &Engine,
        state: &State,
    ) -> impl Iterator<Item = Range<usize>> + use<> {
        let op = &engine.program().nodes[self.node].op;
        runs_of((!self.edited).then_some(op), &state.control(), self.words)
    }
}

/// Runs a node, then what the edits do after it.
pub(crate) fn run_edited(
    engine: &Engine,
    edits: &[Edit],
    step: u64,
    node: usize,
    state: &mut State,
) -> Option<Changed> {
    let mut changed = engine.run_prepared(node, state).map(|words| Changed {
        node,
        words,
        edited: false,
    });
    for edit in edits
        .iter()
        .filter(|edit| edit.step == step && edit.node == node)
    {
        let output = state.slot_mut(engine.output_place(node));
        (edit.rewrite)(output);
        changed = Some(Changed {
            node,
            words: 0..output.len(),
            edited: true,
        });
    }
    changed
}
