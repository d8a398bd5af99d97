//! A request's execution commitment: the env after every node of every step.

use crate::changes::{Changes, runs_of};
use crate::running::RunningEnv;
use crate::snapshots::Snapshots;
use crate::{Engine, Outcome, State, StateError};
use gavel_hashing::constant_tail;
use gavel_primitives::{ConstantTail, Hash, Params};
use std::{ops::Range, sync::Arc};

/// What an [`Edit`] does to the words of a slot; the same each time, as states are computed more than once.
pub type Rewrite = Arc<dyn Fn(&mut [u32]) + Send + Sync>;

/// A departure from the program, for those who try: after node `node` of step `step` (whether it ran or not) its output slot is
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

/// A committed execution. Holds its leaves and some states; others are computed again when they are asked for.
pub struct Execution {
    engine: Arc<Engine>,
    snapshots: Snapshots,
    edits: Vec<Edit>,
    first_env: Hash,
    leaves: ConstantTail,
    last: State,
    steps: u64,
}

impl Execution {
    /// Runs a request, with every node of every step hashed. Without `edits` it is the truth.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn commit(
        engine: Arc<Engine>,
        prompt: &[u8],
        params: &Params,
        edits: Vec<Edit>,
    ) -> Result<Self, StateError> {
        let header = engine.program().header;
        let mut state = State::first(engine.program(), prompt, params)?;
        let mut snapshots = Snapshots::new();
        let mut env = RunningEnv::of(&engine, &state);
        let first_env = env.root();
        let mut leaves = Vec::new();
        let mut changes = Changes::default();
        let mut steps = 0;
        snapshots.offer(0, &state);
        while !state.control().is_done() && steps < header.steps() {
            changes.clear();
            for k in 0..engine.program().nodes.len() {
                if let Some(changed) = run_edited(&engine, &edits, steps, k, &mut state) {
                    changes.keep(
                        k,
                        engine.output_place(k),
                        changed.runs(&engine, &state),
                        &state,
                    );
                }
            }
            let first = leaves.len();
            let mut now = env.root();
            let envs = env.step(&changes, engine.scratch_places());
            for (node, env) in changes.nodes().zip(envs) {
                leaves.resize(first + node, now);
                leaves.push(env);
                now = env;
            }
            let reset = (steps + 1) * header.leaves_per_step() - 1;
            leaves.resize(reset as usize, now);
            engine.end_step(&mut state);
            leaves.push(env.root());
            steps += 1;
            snapshots.offer(steps, &state);
        }
        let leaves = constant_tail(leaves, env.root(), 0, header.execution_depth());
        Ok(Execution {
            engine,
            snapshots,
            edits,
            first_env,
            leaves,
            last: state,
            steps,
        })
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// env_0.
    pub fn first_env(&self) -> Hash {
        self.first_env
    }

    /// The commitment's tree, depth s + n.
    pub fn leaves(&self) -> &ConstantTail {
        &self.leaves
    }

    /// How the request ended.
    pub fn outcome(&self) -> Outcome {
        self.engine.outcome(&self.last, self.steps)
    }

    /// The last state, with zero scratch slots.
    pub fn last(&self) -> &State {
        &self.last
    }

    /// Steps until the request was done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The state before the transition to leaf `position`: what the agreed env of that leaf is the root of.
    pub fn before(&self, position: u64) -> State {
        let header = &self.engine.program().header;
        let (step, k) = (
            position >> header.node_depth,
            position & (header.leaves_per_step() - 1),
        );
        if step >= self.steps {
            return self.last.clone();
        }
        let (kept, state) = self.snapshots.before(step);
        let mut state = state.clone();
        let nodes = self.engine.program().nodes.len();
        for done in kept..step {
            self.run_nodes(done, nodes, &mut state);
            self.engine.end_step(&mut state);
        }
        self.run_nodes(step, (k as usize).min(nodes), &mut state);
        state
    }

    fn run_nodes(&self, step: u64, count: usize, state: &mut State) {
        for k in 0..count {
            run_edited(&self.engine, &self.edits, step, k, state);
        }
    }
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
    while !state.control().is_done() && steps < engine.program().header.steps() {
        for k in 0..engine.program().nodes.len() {
            run_edited(engine, edits, steps, k, &mut state);
        }
        engine.end_step(&mut state);
        steps += 1;
    }
    Ok(engine.outcome(&state, steps))
}

/// What of a node's output may have changed.
struct Changed {
    node: usize,
    words: Range<usize>,
    edited: bool,
}

impl Changed {
    /// The words in runs; after an edit all of them.
    fn runs(self, engine: &Engine, state: &State) -> impl Iterator<Item = Range<usize>> + use<> {
        let op = &engine.program().nodes[self.node].op;
        runs_of((!self.edited).then_some(op), &state.control(), self.words)
    }
}

/// Runs a node, then what the edits do after it.
fn run_edited(
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
