//! What a player answers from its story: claims, openings, steps.

use super::Data;
use super::blanks::{BLANK_HEADER, empty_proof, toy_request};
use crate::world::{State, tensor_root, transition};
use gavel_dispute::payload::{
    BatchOpening, End, FirstSlots, NodeOpening, Reveal, StepProof, TileOpening,
};
use gavel_dispute::rules::{CHUNK_HEIGHT, ExecutionLeaf};
use gavel_dispute::{CantTell, Claim, Context, Kind, Knowledge, Opening, Trace};
use gavel_primitives::{Depth, Hash, Proof, Tree};
use std::sync::Arc;

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
