//! What is opened at a leaf: the tournament below it, or the leaf that is correct.

use super::proofs::climb;
use super::{Referee, Refusal};
use crate::world::{Env, State, fresh_slot, inputs_of, request_id, tensor_root};
use gavel_dispute::clocks::inner_allowance;
use gavel_dispute::payload::{NodeOpening, Reveal, StepProof, TileOpening};
use gavel_dispute::rules::{CHUNK_HEIGHT, ExecutionLeaf};
use gavel_dispute::{Context, Kind, MatchId, MatchView, Side, Stage};
use gavel_primitives::{Hash, node};

impl Referee {
    pub(super) fn open_batch(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Batch {
            return Err(Refusal::WrongStage);
        }
        if view.leaf >= self.shape.count {
            return self.decide_by(id, Hash::ZERO);
        }
        let context = Context {
            depth: self.shape.execution(),
            request_id: request_id(view.leaf),
            start: Env::first(&self.shape, view.leaf).hash(),
            ..self.inner_context(view, Kind::Execution)
        };
        self.open_inner(id, context)
    }

    pub(super) fn open_node(&mut self, id: MatchId, opening: &NodeOpening) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Execution {
            return Err(Refusal::WrongStage);
        }
        if node(&opening.persistent_root, &opening.scratch_root) != view.agreed {
            return Err(Refusal::WrongHash);
        }
        match self.shape.leaf_rule(view.leaf) {
            ExecutionLeaf::StepEnd => {
                let fresh = tensor_root(&fresh_slot(&self.shape));
                self.decide_by(id, node(&opening.persistent_root, &fresh))
            }
            ExecutionLeaf::Idle => self.decide_by(id, view.agreed),
            ExecutionLeaf::Tile => {
                self.edit(id).stage = Stage::Reveal;
                self.start_clock(id);
                Ok(())
            }
        }
    }

    pub(super) fn reveal(&mut self, id: MatchId, reveal: &Reveal) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Reveal])?;
        let mover = view.turn.index();
        let place = u64::from(!self.shape.writes_kept(view.leaf));
        if climb(&reveal.path, 0, 1, place, reveal.tensor_old)? != view.agreed
            || climb(&reveal.path, 0, 1, place, reveal.tensor)? != view.nodes[mover]
        {
            return Err(Refusal::WrongHash);
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).nodes[mover] = reveal.tensor;
        let height = self.shape.tensor - CHUNK_HEIGHT;
        let hidden = self.hidden.get_mut(&id).expect("each match has one");
        hidden.tensor_old = reveal.tensor_old;
        hidden.revealed += 1;
        if hidden.revealed == 2 {
            let view = self.edit(id);
            (view.stage, view.height, view.position) = (Stage::TileDescent, height, 0);
            if height == 0 {
                self.at_leaf(id);
                return Ok(());
            }
        }
        self.start_clock(id);
        Ok(())
    }

    pub(super) fn open_tile(&mut self, id: MatchId, opening: &TileOpening) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::TileSealed])?;
        let levels = self.shape.tensor - CHUNK_HEIGHT;
        let tensor = climb(
            &opening.chunk_path,
            0,
            levels,
            view.position,
            opening.old_chunk,
        )?;
        let [kept, fresh] = opening.slot_roots[..] else {
            return Err(Refusal::WrongLength);
        };
        if tensor != self.hidden[&id].tensor_old || node(&kept, &fresh) != view.agreed {
            return Err(Refusal::WrongHash);
        }
        let context = Context {
            depth: self.shape.machine,
            request_id: self.tournaments[&view.tournament].context.request_id,
            tile: view.position,
            start: State::first(opening.old_chunk).hash(),
            old_chunk: opening.old_chunk,
            inputs_root: inputs_of(kept, fresh, view.leaf, view.position),
            ..self.inner_context(view, Kind::Machine)
        };
        self.open_inner(id, context)
    }

    pub(super) fn step(&mut self, id: MatchId, proof: &StepProof) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Machine || proof.0.len() != 64 {
            return Err(Refusal::WrongStage);
        }
        let word = |at: usize| Hash(proof.0[at..at + 32].try_into().expect("32 bytes"));
        let state = State {
            chunk: word(0),
            rest: word(32),
        };
        if state.hash() != view.agreed {
            return Err(Refusal::WrongHash);
        }
        let inputs = self.tournaments[&view.tournament].context.inputs_root;
        self.decide_by(id, state.step(inputs).hash())
    }

    fn inner_context(&self, view: &MatchView, kind: Kind) -> Context {
        Context {
            parent_tournament: view.tournament,
            parent_match: view.id,
            position: view.leaf,
            end_a: view.nodes[0],
            end_b: view.nodes[1],
            ..Context::empty(kind)
        }
    }

    fn open_inner(&mut self, id: MatchId, context: Context) -> Result<(), Refusal> {
        let floor = self.times.allowance[context.kind as usize];
        let allowance = inner_allowance(self.matches[&id].clocks, floor);
        let inner = self.open_tournament(context, allowance);
        let view = self.edit(id);
        view.stage = Stage::Inner;
        view.inner = Some(inner);
        Ok(())
    }

    /// Every side unequal to the correct leaf is out.
    fn decide_by(&mut self, id: MatchId, correct: Hash) -> Result<(), Refusal> {
        let nodes = self.matches[&id].nodes;
        let winner = [Side::Zero, Side::One]
            .into_iter()
            .find(|side| nodes[side.index()] == correct);
        self.edit(id).stage = Stage::Decided { winner };
        Ok(())
    }
}
