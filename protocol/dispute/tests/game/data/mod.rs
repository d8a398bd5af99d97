//! What a player of the toy world holds: the truth, or a truth with one lie in it.

mod blanks;
mod claims;
mod knowledge;
mod lies;

use crate::world::{Env, Shape, State, execution, mix, number, request_id, result};
use gavel_dispute::{CantTell, Claim, Context, Trace};
use gavel_primitives::{Hash, Tree};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Where a liar's story leaves the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// A batch leaf past the count that is not zero.
    Padding { leaf: u64, seed: u64 },
    /// One request's execution is wrong from leaf `leaf` on. Where a node runs there, the first wrong
    /// chunk is `tile`, and its machine run is wrong from instruction `instruction` on.
    Execution {
        request: u64,
        leaf: u64,
        tile: u64,
        instruction: u64,
        seed: u64,
    },
    /// Shares the garbage of `base` up to leaf `fork` and makes up its own from there.
    Fork {
        request: u64,
        leaf: u64,
        fork: u64,
        seed: u64,
    },
}

/// Traces of all levels, by request.
#[derive(Clone)]
pub(crate) struct Data {
    shape: Shape,
    results: Vec<Hash>,
    executions: BTreeMap<Hash, Execution>,
    /// Machine runs that are lies, by (request id, leaf, tile).
    runs: BTreeMap<(Hash, u64, u64), Vec<State>>,
    memo: RefCell<Memo>,
}

/// What was computed before.
#[derive(Clone, Default)]
struct Memo {
    claims: HashMap<Context, Claim>,
    tensors: HashMap<(Hash, u64), Arc<dyn Trace>>,
}

/// One request's envs and the tree over them.
#[derive(Clone)]
struct Execution {
    request: u64,
    envs: Vec<Env>,
    tree: Arc<Tree>,
}

impl Data {
    /// The truth.
    pub(crate) fn truth(shape: &Shape) -> Self {
        let mut data = Data {
            shape: *shape,
            results: vec![Hash::ZERO; 1 << shape.batch],
            executions: BTreeMap::new(),
            runs: BTreeMap::new(),
            memo: RefCell::default(),
        };
        for request in 0..shape.count {
            data.set_execution(request, execution(shape, request));
        }
        data
    }

    /// This truth with a lie in it.
    pub(crate) fn with(&self, lie: Lie) -> Self {
        let mut data = self.clone();
        data.memo = RefCell::default();
        match lie {
            Lie::Padding { leaf, seed } => {
                data.results[leaf as usize] = mix("padding", &[number(seed)]);
            }
            Lie::Execution {
                request,
                leaf,
                tile,
                instruction,
                seed,
            } => data.lie(request, leaf, tile, instruction, seed),
            Lie::Fork {
                request,
                leaf,
                fork,
                seed,
            } => {
                data.make_up(request, leaf, 0);
                data.make_up(request, fork, seed);
            }
        }
        data
    }

    pub(crate) fn batch_root(&self) -> Hash {
        self.batch_tree().root()
    }

    fn set_execution(&mut self, request: u64, envs: Vec<Env>) {
        let end = envs.last().expect("an execution has a leaf");
        self.results[request as usize] = result(request_id(request), end.roots().0);
        let leaves = envs.iter().map(Env::hash).collect();
        let execution = Execution {
            request,
            tree: Arc::new(Tree::new(leaves, self.shape.execution())),
            envs,
        };
        self.executions.insert(request_id(request), execution);
    }

    fn batch_tree(&self) -> Tree {
        Tree::new(self.results.clone(), self.shape.batch)
    }

    fn execution(&self, context: &Context) -> Result<&Execution, CantTell> {
        let id = context.request_id;
        let unknown = CantTell::UnknownRequest { request_id: id };
        self.executions.get(&id).ok_or(unknown)
    }

    /// The env that leaf `position` starts from.
    fn before(&self, id: Hash, position: u64) -> Env {
        let execution = &self.executions[&id];
        match position.checked_sub(1) {
            None => Env::first(&self.shape, execution.request),
            Some(before) => execution.envs[before as usize].clone(),
        }
    }
}
