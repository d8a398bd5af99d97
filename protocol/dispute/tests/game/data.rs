//! What a player of the toy world holds: the truth, or a truth with one lie in it.

use crate::world::{
    Env, Shape, State, execution, fresh_slot, inputs_root, machine_run, mix, number, request_id,
    result, tensor_root, transition,
};
use gavel_dispute::{
    CantTell, Claim, Context, Kind, Knowledge, Opening, Trace,
    payload::{
        BatchOpening, End, ExecutionEnd, FirstSlots, HeaderWords, MachineEnd, NodeOpening, Reveal,
        StepProof, TileOpening,
    },
    rules::{CHUNK_HEIGHT, ExecutionLeaf},
};
use gavel_primitives::{CompactProof, Depth, Hash, Params, Proof, Request, Tree};
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

    /// Replaces all leaves from `from` on by garbage that depends on `seed`.
    fn make_up(&mut self, request: u64, from: u64, seed: u64) {
        let shape = self.shape;
        let mut envs = self.executions[&request_id(request)].envs.clone();
        for leaf in from..envs.len() as u64 {
            let chunk = |c| mix("garbage", &[number(seed), number(leaf), number(c)]);
            let garbage: Vec<Hash> = (0..shape.chunks()).map(chunk).collect();
            let ends_step = shape.leaf_rule(leaf) == ExecutionLeaf::StepEnd;
            envs[leaf as usize] = Env {
                fresh: if ends_step {
                    fresh_slot(&shape)
                } else {
                    garbage.clone()
                },
                kept: garbage,
            };
        }
        self.set_execution(request, envs);
    }

    fn lie(&mut self, request: u64, leaf: u64, tile: u64, instruction: u64, seed: u64) {
        let shape = self.shape;
        let before = self.before(request_id(request), leaf);
        self.make_up(request, leaf, seed);
        if shape.leaf_rule(leaf) != ExecutionLeaf::Tile {
            return;
        }
        // The node's other chunks and slot are true, so that the descent ends at this tile.
        let kept = shape.writes_kept(leaf);
        let mut after = transition(&shape, leaf, &before);
        let wrong = mix("wrong chunk", &[number(seed)]);
        after.output_mut(kept)[tile as usize] = wrong;
        self.runs.insert(
            (request_id(request), leaf, tile),
            lying_run(
                &shape,
                &before,
                leaf,
                tile,
                instruction,
                before.output(kept)[tile as usize],
                wrong,
            ),
        );
        let mut envs = self.executions[&request_id(request)].envs.clone();
        envs[leaf as usize] = after;
        self.set_execution(request, envs);
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

    fn claim_execution(&self, context: &Context) -> Result<Claim, CantTell> {
        let Execution {
            request,
            envs,
            tree,
        } = self.execution(context)?;
        if Env::first(&self.shape, *request).hash() != context.start {
            return Err(CantTell::ForeignStart {
                start: context.start,
            });
        }
        let end = envs.last().expect("an execution has a leaf").roots().0;
        let contested = context.tag_of(result(context.request_id, end)).is_some();
        let end = contested.then(|| {
            End::Execution(Box::new(ExecutionEnd {
                leaf: last_leaf_proof(tree),
                persistent_root: end,
                ..blank_execution_end()
            }))
        });
        Ok(Claim {
            trace: tree.clone(),
            end,
        })
    }

    fn run(&self, context: &Context) -> Result<Vec<State>, CantTell> {
        self.execution(context)?;
        let (id, position, tile) = (context.request_id, context.position, context.tile);
        if let Some(run) = self.runs.get(&(id, position, tile)) {
            return Ok(run.clone());
        }
        let before = self.before(id, position);
        let kept = self.shape.writes_kept(position);
        let old = before.output(kept)[tile as usize];
        if State::first(old).hash() != context.start {
            return Err(CantTell::ForeignStart {
                start: context.start,
            });
        }
        Ok(machine_run(
            &self.shape,
            old,
            inputs_root(&before, position, tile),
        ))
    }

    fn claim_machine(&self, context: &Context) -> Result<Claim, CantTell> {
        let run = self.run(context)?;
        let tree = Tree::new(run.iter().map(State::hash).collect(), self.shape.machine);
        let last = run.last().expect("a run has a state");
        let end = context.tag_of(last.chunk).map(|_| {
            End::Machine(Box::new(MachineEnd {
                leaf: last_leaf_proof(&tree),
                work_root: last.rest,
                registers: Vec::new(),
                chunk: last.chunk,
                chunk_path: empty_proof(),
            }))
        });
        Ok(Claim {
            trace: Arc::new(tree),
            end,
        })
    }
}

fn lying_run(
    shape: &Shape,
    before: &Env,
    leaf: u64,
    tile: u64,
    instruction: u64,
    old: Hash,
    wrong: Hash,
) -> Vec<State> {
    let mut run = machine_run(shape, old, inputs_root(before, leaf, tile));
    for (at, state) in run.iter_mut().enumerate().skip(instruction as usize) {
        *state = State {
            chunk: wrong,
            rest: mix("wrong rest", &[wrong, number(at as u64)]),
        };
    }
    run
}

impl Knowledge for Data {
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell> {
        if let Some(claim) = self.memo.borrow().claims.get(tournament) {
            return Ok(claim.clone());
        }
        let claim = match tournament.kind {
            Kind::Batch => Claim {
                trace: Arc::new(self.batch_tree()),
                end: Some(End::Batch),
            },
            Kind::Execution => self.claim_execution(tournament)?,
            Kind::Machine => self.claim_machine(tournament)?,
        };
        let mut memo = self.memo.borrow_mut();
        memo.claims.insert(tournament.clone(), claim.clone());
        Ok(claim)
    }

    fn open_batch(&self, batch: &Context, position: u64) -> Result<BatchOpening, CantTell> {
        Ok(BatchOpening {
            header: BLANK_HEADER,
            request: toy_request(batch.first + position),
            slots: FirstSlots {
                prompt_old: Hash::ZERO,
                prompt: empty_proof(),
                control_old: Hash::ZERO,
                control: empty_proof(),
            },
        })
    }

    fn open_node(
        &self,
        execution: &Context,
        position: u64,
    ) -> Result<Opening<NodeOpening>, CantTell> {
        self.execution(execution)?;
        let before = self.before(execution.request_id, position);
        let (persistent_root, scratch_root) = before.roots();
        let correct = match self.shape.leaf_rule(position) {
            ExecutionLeaf::Tile => None,
            _ => Some(transition(&self.shape, position, &before).hash()),
        };
        Ok(Opening {
            proof: NodeOpening {
                header: BLANK_HEADER,
                persistent_root,
                scratch_root,
                control: [Hash::ZERO; 8],
                control_path: empty_proof(),
                record: [Hash::ZERO; 8],
                record_path: empty_proof(),
                tables: Vec::new(),
            },
            correct,
        })
    }

    fn reveal(&self, execution: &Context, position: u64) -> Result<Reveal, CantTell> {
        let envs = &self.execution(execution)?.envs;
        let kept = self.shape.writes_kept(position);
        let before = self.before(execution.request_id, position);
        let after = &envs[position as usize];
        let other = tensor_root(before.output(!kept));
        Ok(Reveal {
            tensor_old: tensor_root(before.output(kept)),
            tensor: tensor_root(after.output(kept)),
            path: Proof {
                siblings: vec![other],
            }
            .compact(0),
        })
    }

    fn tensor(&self, execution: &Context, position: u64) -> Result<Arc<dyn Trace>, CantTell> {
        let envs = &self.execution(execution)?.envs;
        let mut memo = self.memo.borrow_mut();
        let tensor = memo
            .tensors
            .entry((execution.request_id, position))
            .or_insert_with(|| {
                let kept = self.shape.writes_kept(position);
                let chunks = envs[position as usize].output(kept).clone();
                Arc::new(Tensor {
                    chunks: Tree::new(chunks, self.shape.tensor - CHUNK_HEIGHT),
                })
            });
        Ok(tensor.clone())
    }

    fn open_tile(
        &self,
        execution: &Context,
        position: u64,
        tile: u64,
    ) -> Result<TileOpening, CantTell> {
        self.execution(execution)?;
        let before = self.before(execution.request_id, position);
        let chunks = before.output(self.shape.writes_kept(position));
        let tree = Tree::new(chunks.clone(), self.shape.tensor - CHUNK_HEIGHT);
        let (kept, fresh) = before.roots();
        Ok(TileOpening {
            header: BLANK_HEADER,
            record_root: Hash::ZERO,
            control_root: Hash::ZERO,
            inputs: Vec::new(),
            slot_roots: vec![kept, fresh],
            slot_paths: Vec::new(),
            old_chunk: chunks[tile as usize],
            chunk_path: Proof::of(&tree, 0, tile).compact(0),
        })
    }

    fn step(&self, machine: &Context, position: u64) -> Result<Opening<StepProof>, CantTell> {
        let agreed = match position.checked_sub(1) {
            None => State::first(machine.old_chunk),
            Some(before) => self.run(machine)?[before as usize],
        };
        let proof = [agreed.chunk.0, agreed.rest.0].concat();
        Ok(Opening {
            proof: StepProof(proof),
            correct: Some(agreed.step(machine.inputs_root).hash()),
        })
    }
}

/// A tensor's tree; what lies below chunks is never asked for.
struct Tensor {
    chunks: Tree,
}

impl Trace for Tensor {
    fn depth(&self) -> Depth {
        self.chunks.depth() + CHUNK_HEIGHT
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        self.chunks.node(height - CHUNK_HEIGHT, index)
    }
}

const BLANK_HEADER: HeaderWords = HeaderWords([[0; 32]; 26]);

fn empty_proof() -> CompactProof {
    CompactProof {
        mask: 0,
        siblings: Vec::new(),
    }
}

fn blank_execution_end() -> ExecutionEnd {
    ExecutionEnd {
        header: BLANK_HEADER,
        leaf: empty_proof(),
        persistent_root: Hash::ZERO,
        control: [Hash::ZERO; 8],
        control_path: empty_proof(),
        output_root: Hash::ZERO,
        output_path: empty_proof(),
    }
}

fn toy_request(index: u64) -> Request {
    Request {
        chain_id: 1,
        hub: [0; 20],
        lane: 0,
        index,
        program_id: Hash::ZERO,
        requester: [0; 20],
        prompt_root: Hash::ZERO,
        prompt_len: 0,
        params: Params::greedy(1),
    }
}

fn last_leaf_proof(tree: &Tree) -> CompactProof {
    Proof::of(tree, 0, (1u64 << tree.depth()) - 1).compact(0)
}
