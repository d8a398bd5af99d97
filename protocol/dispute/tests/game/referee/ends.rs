//! What a commitment of an inner tournament says of its end, and what the tournament's end says to the match above it.

use super::proofs::check_last_leaf;
use super::{Referee, Refusal};
use crate::world::{State, fresh_slot, result, tensor_root};
use gavel_dispute::payload::{ExecutionEnd, MachineEnd};
use gavel_dispute::{MatchId, Side, Stage, Tag, TournamentId};
use gavel_primitives::{Hash, node};

impl Referee {
    pub(super) fn execution_end(
        &self,
        id: TournamentId,
        root: Hash,
        end: &ExecutionEnd,
    ) -> Result<Tag, Refusal> {
        let context = &self.tournament(id)?.context;
        let fresh = tensor_root(&fresh_slot(&self.shape));
        let leaf = node(&end.persistent_root, &fresh);
        check_last_leaf(context, root, leaf, &end.leaf)?;
        let proven = result(context.request_id, end.persistent_root);
        context.tag_of(proven).ok_or(Refusal::EndNotContested)
    }

    pub(super) fn machine_end(
        &self,
        id: TournamentId,
        root: Hash,
        end: &MachineEnd,
    ) -> Result<Tag, Refusal> {
        let context = &self.tournament(id)?.context;
        let state = State {
            chunk: end.chunk,
            rest: end.work_root,
        };
        check_last_leaf(context, root, state.hash(), &end.leaf)?;
        context.tag_of(end.chunk).ok_or(Refusal::EndNotContested)
    }

    pub(super) fn settle(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if let Stage::Decided { winner } = view.stage {
            self.end_match(id, winner.map(Side::index));
            return Ok(());
        }
        let (Stage::Inner, Some(inner)) = (view.stage, view.inner) else {
            return Err(Refusal::WrongStage);
        };
        if !self.tournament(inner)?.over {
            self.conclude(inner)?;
        }
        let inner = self.tournament(inner)?;
        let tag = inner.winner.and_then(|root| inner.commitment(root)?.tag);
        self.end_match(id, tag.map(|tag| tag as usize));
        Ok(())
    }
}
