//! A request's execution commitment: the env after every node of every step.

use crate::changes::Changes;
use crate::edits::run_edited;
use crate::running::RunningEnv;
use crate::snapshots::Snapshots;
use crate::{Edit, Engine, Outcome, State, StateError};
use gavel_hashing::constant_tail;
use gavel_primitives::{ConstantTail, Hash, Params};
use std::sync::Arc;

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
        while engine.goes_on(&state, steps) {
            changes.clear();
            for k in 0..engine.program().nodes.len() {
                if let Some(changed) = run_edited(&engine, &edits, steps, k, &mut state) {
                    let runs = changed.runs(&engine, &state);
                    changes.keep(k, engine.output_place(k), runs, &state);
                }
            }
            add_step(&mut leaves, &mut env, &changes, &engine);
            engine.end_step(&mut state);
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

/// Adds a step's leaves: after each node the env, which is as before where the node changed nothing, and at last the env with scratch slots
/// that are zero again.
fn add_step(leaves: &mut Vec<Hash>, env: &mut RunningEnv, changes: &Changes, engine: &Engine) {
    let first = leaves.len();
    let reset = first + engine.program().header.leaves_per_step() as usize - 1;
    let mut now = env.root();
    let envs = env.step(changes, engine.scratch_places());
    for (node, env) in changes.nodes().zip(envs) {
        leaves.resize(first + node, now);
        leaves.push(env);
        now = env;
    }
    leaves.resize(reset, now);
    leaves.push(env.root());
}
