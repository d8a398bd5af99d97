//! A toy world with all five levels: tiny programs whose truth is cheap to compute whole.
//!
//! An env has two slots, P (kept) and X (fresh every step), each a tensor of chunks. Node k of a step
//! rewrites P if k is even, else X, every chunk by a run of a toy machine over both slots. A result
//! hashes P after the last step. A machine's state is `node(chunk, rest)`.

use gavel_dispute::rules::{
    CHUNK_HEIGHT, ExecutionLeaf, NodeFacts, Radices, execution_leaf, execution_place,
};
use gavel_primitives::{Depth, Hash, keccak, node, root_of_leaves};

/// Depths of the toy's trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) batch: Depth,
    /// Requests of the batch; leaves from here on are padding.
    pub(crate) count: u64,
    pub(crate) step: Depth,
    pub(crate) node: Depth,
    /// Depth of a tensor, at least a chunk's.
    pub(crate) tensor: Depth,
    pub(crate) machine: Depth,
    pub(crate) radices: Radices,
}

impl Shape {
    /// Depth of an execution tree.
    pub(crate) fn execution(&self) -> Depth {
        self.step + self.node
    }

    /// Nodes of the toy program: one place is left idle where there is room.
    pub(crate) fn node_count(&self) -> u64 {
        let before_end = (1u64 << self.node) - 1;
        if before_end > 1 {
            before_end - 1
        } else {
            before_end
        }
    }

    pub(crate) fn chunks(&self) -> u64 {
        1 << (self.tensor - CHUNK_HEIGHT)
    }

    /// What decides leaf `position` of an execution.
    pub(crate) fn leaf_rule(&self, position: u64) -> ExecutionLeaf {
        let facts = NodeFacts {
            done: false,
            node_count: self.node_count(),
            malformed: false,
        };
        execution_leaf(execution_place(position, self.node), facts)
    }

    /// Whether node `position` writes P (else X).
    pub(crate) fn writes_kept(&self, position: u64) -> bool {
        execution_place(position, self.node).node.is_multiple_of(2)
    }
}

/// Hashes words under a name: the toy's source of distinct values.
pub(crate) fn mix(name: &str, words: &[Hash]) -> Hash {
    let mut bytes = name.as_bytes().to_vec();
    words.iter().for_each(|w| bytes.extend(w.as_bytes()));
    keccak(&bytes)
}

pub(crate) fn number(value: u64) -> Hash {
    Hash(gavel_primitives::word(value))
}

pub(crate) fn request_id(request: u64) -> Hash {
    mix("request", &[number(request)])
}

/// A result: what a request's leaf of the batch holds.
pub(crate) fn result(request_id: Hash, kept_root: Hash) -> Hash {
    mix("result", &[request_id, kept_root])
}

/// Both slots, by their chunks' roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Env {
    pub(crate) kept: Vec<Hash>,
    pub(crate) fresh: Vec<Hash>,
}

impl Env {
    pub(crate) fn first(shape: &Shape, request: u64) -> Self {
        let chunk = |c| mix("prompt", &[request_id(request), number(c)]);
        Env {
            kept: (0..shape.chunks()).map(chunk).collect(),
            fresh: fresh_slot(shape),
        }
    }

    pub(crate) fn roots(&self) -> (Hash, Hash) {
        (tensor_root(&self.kept), tensor_root(&self.fresh))
    }

    pub(crate) fn hash(&self) -> Hash {
        let (kept, fresh) = self.roots();
        node(&kept, &fresh)
    }

    /// The slot that a node writes.
    pub(crate) fn output(&self, kept: bool) -> &Vec<Hash> {
        if kept { &self.kept } else { &self.fresh }
    }

    pub(crate) fn output_mut(&mut self, kept: bool) -> &mut Vec<Hash> {
        if kept {
            &mut self.kept
        } else {
            &mut self.fresh
        }
    }
}

pub(crate) fn tensor_root(chunks: &[Hash]) -> Hash {
    root_of_leaves(chunks, chunks.len().trailing_zeros() as Depth)
}

/// X at the start of every step.
pub(crate) fn fresh_slot(shape: &Shape) -> Vec<Hash> {
    (0..shape.chunks())
        .map(|c| mix("scratch", &[number(c)]))
        .collect()
}

/// The one right value of leaf `position`, after `before`.
pub(crate) fn transition(shape: &Shape, position: u64, before: &Env) -> Env {
    let mut after = before.clone();
    match shape.leaf_rule(position) {
        ExecutionLeaf::StepEnd => after.fresh = fresh_slot(shape),
        ExecutionLeaf::Idle => {}
        ExecutionLeaf::Tile => {
            let kept = shape.writes_kept(position);
            let (p, x) = before.roots();
            for (tile, chunk) in after.output_mut(kept).iter_mut().enumerate() {
                let inputs = inputs_of(p, x, position, tile as u64);
                let last = machine_run(shape, *chunk, inputs).pop();
                *chunk = last.expect("a run has a state").chunk;
            }
        }
    }
    after
}

/// What a tile's machine reads.
pub(crate) fn inputs_root(before: &Env, position: u64, tile: u64) -> Hash {
    let (kept, fresh) = before.roots();
    inputs_of(kept, fresh, position, tile)
}

/// The same from the slots' roots, as a referee knows them.
pub(crate) fn inputs_of(kept: Hash, fresh: Hash, position: u64, tile: u64) -> Hash {
    mix("inputs", &[kept, fresh, number(position), number(tile)])
}

/// A state of the toy machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) chunk: Hash,
    pub(crate) rest: Hash,
}

impl State {
    pub(crate) fn first(old_chunk: Hash) -> Self {
        State {
            chunk: old_chunk,
            rest: mix("boot", &[]),
        }
    }

    pub(crate) fn hash(&self) -> Hash {
        node(&self.chunk, &self.rest)
    }

    /// One instruction.
    pub(crate) fn step(&self, inputs: Hash) -> Self {
        State {
            chunk: mix("store", &[self.chunk, self.rest, inputs]),
            rest: mix("registers", &[self.rest, inputs]),
        }
    }
}

/// The states after 1, 2, ... 2^t instructions.
pub(crate) fn machine_run(shape: &Shape, old_chunk: Hash, inputs: Hash) -> Vec<State> {
    let next = |state: &State| Some(state.step(inputs));
    std::iter::successors(next(&State::first(old_chunk)), next)
        .take(1 << shape.machine)
        .collect()
}

/// All leaves of a request's true execution.
pub(crate) fn execution(shape: &Shape, request: u64) -> Vec<Env> {
    let mut env = Env::first(shape, request);
    (0..1u64 << shape.execution())
        .map(|position| {
            env = transition(shape, position, &env);
            env.clone()
        })
        .collect()
}
