//! Moves in the matches that we play ourselves.

use super::{Decision, descent::Descent};
use crate::{
    Action, Board, CantTell, Context, Kind, Knowledge, MatchView, Side, TournamentView,
    clocks::in_time,
    knowledge::{Claim, Opening},
    rules::{BatchLeaf, CHUNK_HEIGHT, batch_leaf},
    views::Stage,
};
use gavel_primitives::Hash;

/// Adds what our side owes or gains by in each match of `tournament` that it plays.
pub(super) fn play(
    board: &Board,
    tournament: &TournamentView,
    claim: &Claim,
    knowledge: &dyn Knowledge,
    decision: &mut Decision,
) {
    for view in board.matches_of(tournament.id) {
        let Some(side) = view.side_of(claim.root()) else {
            continue;
        };
        if !in_time(board.now, view.deadline) {
            continue;
        }
        let table = Table {
            board,
            context: &tournament.context,
            view,
            side,
            claim,
            knowledge,
        };
        match table.act() {
            Ok(action) => decision.extend(action),
            Err(reason) => decision.doubt(tournament.id, reason),
        }
    }
}

/// A match as one of its sides sees it.
struct Table<'a> {
    board: &'a Board,
    context: &'a Context,
    view: &'a MatchView,
    side: Side,
    claim: &'a Claim,
    knowledge: &'a dyn Knowledge,
}

impl Table<'_> {
    fn act(&self) -> Result<Option<Action>, CantTell> {
        if self.view.stage.clock_runs() && self.view.turn != self.side {
            return Ok(None);
        }
        match self.view.stage {
            Stage::Descent => Ok(self.descend()),
            Stage::Seal => Ok(Some(self.seal())),
            Stage::Sealed => self.open(),
            Stage::Reveal => self.reveal(),
            Stage::TileDescent => self.descend_tensor(),
            Stage::TileSealed => self.open_tile(),
            Stage::Inner | Stage::Decided { .. } | Stage::Over => Ok(None),
        }
    }

    fn descend(&self) -> Option<Action> {
        let radices = &self.board.radices;
        let descent = Descent {
            trace: self.claim.trace.as_ref(),
            base: 0,
            radix: match self.context.kind {
                Kind::Batch => radices.batch,
                Kind::Execution => radices.execution,
                Kind::Machine => radices.machine,
            },
            position: self.view.position,
        };
        descent.advance(self.view, self.side)
    }

    fn descend_tensor(&self) -> Result<Option<Action>, CantTell> {
        let tensor = self.knowledge.tensor(self.context, self.view.leaf)?;
        let descent = Descent {
            trace: tensor.as_ref(),
            base: CHUNK_HEIGHT,
            radix: self.board.radices.tile,
            position: self.view.position,
        };
        Ok(descent.advance(self.view, self.side))
    }

    /// The stage is skipped at position 0, so there is a leaf before.
    fn seal(&self) -> Action {
        let place = self.view.position.saturating_sub(1);
        Action::Seal {
            id: self.view.id,
            side: self.side,
            agreed: self.claim.trace.leaf(place),
            path: self.claim.trace.proof(0, place).compact(0),
        }
    }

    fn open(&self) -> Result<Option<Action>, CantTell> {
        let (id, position) = (self.view.id, self.view.leaf);
        match self.context.kind {
            Kind::Batch => self.open_batch(),
            Kind::Execution => {
                let opening = self.knowledge.open_node(self.context, position)?;
                Ok(self.if_it_helps(opening, |proof| Action::OpenNode {
                    id,
                    opening: Box::new(proof),
                }))
            }
            Kind::Machine => {
                let opening = self.knowledge.step(self.context, position)?;
                Ok(self.if_it_helps(opening, |proof| Action::Step { id, proof }))
            }
        }
    }

    fn open_batch(&self) -> Result<Option<Action>, CantTell> {
        let (id, position) = (self.view.id, self.view.leaf);
        match batch_leaf(position, self.context.first, self.context.count) {
            BatchLeaf::Padding => {
                let padding = Opening {
                    proof: (),
                    correct: Some(Hash::ZERO),
                };
                Ok(self.if_it_helps(padding, |()| Action::OpenPadding { id }))
            }
            BatchLeaf::Request { .. } => {
                let opening = self.knowledge.open_batch(self.context, position)?;
                Ok(Some(Action::OpenBatch {
                    id,
                    opening: Box::new(opening),
                }))
            }
        }
    }

    /// A rule that decides against our own leaf is left to others.
    fn if_it_helps<T>(&self, opening: Opening<T>, act: impl FnOnce(T) -> Action) -> Option<Action> {
        let own = self.claim.trace.leaf(self.view.leaf);
        let helps = opening.correct.is_none_or(|correct| correct == own);
        helps.then(|| act(opening.proof))
    }

    fn reveal(&self) -> Result<Option<Action>, CantTell> {
        let reveal = self.knowledge.reveal(self.context, self.view.leaf)?;
        Ok(Some(Action::Reveal {
            id: self.view.id,
            side: self.side,
            reveal: Box::new(reveal),
        }))
    }

    fn open_tile(&self) -> Result<Option<Action>, CantTell> {
        let (position, tile) = (self.view.leaf, self.view.position);
        let opening = self.knowledge.open_tile(self.context, position, tile)?;
        Ok(Some(Action::OpenTile {
            id: self.view.id,
            opening: Box::new(opening),
        }))
    }
}
