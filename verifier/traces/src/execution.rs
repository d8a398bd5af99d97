//! One request's execution as a trace, with the states around any of its leaves.

use gavel_dispute::Trace;
use gavel_engine::{Engine, Env, Execution, State};
use gavel_primitives::{Depth, Hash};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Moments that are kept after a question about them.
const KEPT: usize = 4;

/// A state of an execution with its trees.
pub struct Moment {
    /// The slots.
    pub state: State,
    /// Their trees.
    pub env: Env,
}

/// A committed execution that can be asked for the states around its leaves.
pub struct Committed {
    execution: Execution,
    kept: Mutex<VecDeque<(u64, Arc<Moment>)>>,
}

impl Committed {
    /// Keeps an execution.
    pub fn new(execution: Execution) -> Self {
        Committed {
            execution,
            kept: Mutex::default(),
        }
    }

    /// The execution.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        self.execution.engine()
    }

    /// The state that leaf `position` starts from.
    pub fn before(&self, position: u64) -> Arc<Moment> {
        // A panic elsewhere leaves the queue whole, so a poisoned lock is as good as any.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, moment)) = kept.iter().find(|(place, _)| *place == position) {
            return Arc::clone(moment);
        }
        let state = self.execution.before(position);
        let env = Env::of(self.engine().program(), &state);
        let moment = Arc::new(Moment { state, env });
        kept.push_front((position, Arc::clone(&moment)));
        kept.truncate(KEPT);
        moment
    }

    /// The node whose output leaf `position` is after; `2^n - 1` ends a step.
    pub fn node_at(&self, position: u64) -> u64 {
        position & (self.engine().program().header.leaves_per_step() - 1)
    }
}

impl Trace for Committed {
    fn depth(&self) -> Depth {
        self.execution.leaves().depth()
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        self.execution.leaves().node(height, index)
    }
}
