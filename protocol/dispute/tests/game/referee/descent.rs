//! The walk down two trees to the first leaf where they differ.

use super::proofs::{check_list, check_lists, climb};
use super::{Referee, Refusal};
use gavel_dispute::{Kind, MatchId, Stage};
use gavel_primitives::{CompactProof, Depth, Hash};

impl Referee {
    pub(super) fn advance(
        &mut self,
        id: MatchId,
        other_tail: &[Hash],
        own: &[Hash],
        next: &[Hash],
    ) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Descent, Stage::TileDescent])?;
        let radix = self.radix(id);
        let step = radix.min(view.height);
        let mover = view.turn.index();
        if view.listed.is_none() {
            check_list(next, step, view.nodes[mover])?;
        } else {
            let place = check_lists(
                own,
                other_tail,
                step,
                view.nodes[mover],
                view.nodes[1 - mover],
            )?;
            let height = view.height - step;
            match height {
                0 if !next.is_empty() => return Err(Refusal::WrongLength),
                0 => {}
                _ => check_list(next, radix.min(height), own[place])?,
            }
            let (mine, theirs) = (own[place], other_tail[0]);
            let view = self.edit(id);
            view.nodes[mover] = mine;
            view.nodes[1 - mover] = theirs;
            view.height = height;
            view.position = (view.position << step) | place as u64;
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).listed = Some(next.to_vec());
        match self.matches[&id].height {
            0 => self.at_leaf(id),
            _ => self.start_clock(id),
        }
        Ok(())
    }

    fn radix(&self, id: MatchId) -> Depth {
        let radices = self.shape.radices;
        match (self.matches[&id].stage, self.kind(id)) {
            (Stage::TileDescent, _) => radices.tile,
            (_, Kind::Batch) => radices.batch,
            (_, Kind::Execution) => radices.execution,
            (_, Kind::Machine) => radices.machine,
        }
    }

    /// A descent has height 0.
    pub(super) fn at_leaf(&mut self, id: MatchId) {
        let tile = self.matches[&id].stage == Stage::TileDescent;
        let batch = self.kind(id) == Kind::Batch;
        let view = self.edit(id);
        view.listed = None;
        if tile {
            return self.await_opening(id, Stage::TileSealed);
        }
        view.leaf = view.position;
        if batch || view.leaf == 0 {
            return self.await_opening(id, Stage::Sealed);
        }
        view.stage = Stage::Seal;
        self.start_clock(id);
    }

    pub(super) fn seal(
        &mut self,
        id: MatchId,
        agreed: Hash,
        path: &CompactProof,
    ) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Seal])?;
        let depth = self.tournaments[&view.tournament].context.depth;
        let root = climb(path, 0, depth, view.leaf - 1, agreed)?;
        if !view.roots.contains(&root) {
            return Err(Refusal::WrongHash);
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).agreed = agreed;
        self.await_opening(id, Stage::Sealed);
        Ok(())
    }
}
