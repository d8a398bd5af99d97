//! The specification's referee, in memory, over the toy world: everything is checked by hashing, and
//! every refusal is named.
//!
//! - `tournaments`, `ends`: who joins, who meets whom, who is left
//! - `clocks`: times of a match
//! - `descent`, `openings`: its stages
//! - `proofs`: what is checked by hashing
mod clocks;
mod descent;
mod ends;
mod openings;
mod proofs;
mod tournaments;

use crate::world::Shape;
use gavel_dispute::clocks::{Seconds, Timestamp, in_time};
use gavel_dispute::{
    Account, Action, BatchState, BatchView, Board, Context, Kind, MatchId, MatchView, Stage,
    TournamentId, TournamentView,
};
use gavel_primitives::Hash;
use std::collections::BTreeMap;

/// Why a transaction has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    WrongStage,
    TooLate,
    TooEarly,
    WrongHash,
    WrongLength,
    NotDifferent,
    EndNotContested,
    NoSuchThing,
}

/// Times of the game, by kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) window: [Seconds; 3],
    pub(crate) allowance: [Seconds; 3],
    pub(crate) effort: Seconds,
    pub(crate) open: Seconds,
}

/// What the board does not show.
#[derive(Clone, Default)]
struct Hidden {
    revealed: usize,
    tensor_old: Hash,
}

pub(crate) struct Referee {
    pub(crate) shape: Shape,
    pub(crate) times: Times,
    pub(crate) now: Timestamp,
    pub(crate) batch: BatchView,
    pub(crate) tournaments: BTreeMap<TournamentId, TournamentView>,
    pub(crate) matches: BTreeMap<MatchId, MatchView>,
    hidden: BTreeMap<MatchId, Hidden>,
}

impl Referee {
    /// A batch was proposed just now.
    pub(crate) fn new(shape: Shape, times: Times, now: Timestamp, root: Hash) -> Self {
        let context = Context {
            depth: shape.batch,
            count: shape.count,
            ..Context::empty(Kind::Batch)
        };
        Referee {
            shape,
            times,
            now,
            batch: BatchView {
                number: 0,
                context,
                root,
                closes: now + times.window[0],
                state: BatchState::Proposed,
                tournament: None,
            },
            tournaments: BTreeMap::new(),
            matches: BTreeMap::new(),
            hidden: BTreeMap::new(),
        }
    }

    pub(crate) fn board(&self) -> Board {
        Board {
            account: Account([1; 20]),
            now: self.now,
            radices: self.shape.radices,
            batches: vec![self.batch.clone()],
            tournaments: self.tournaments.clone(),
            matches: self.matches.clone(),
            credit: 0,
        }
    }

    /// Executes one transaction; refused ones change nothing.
    pub(crate) fn submit(&mut self, action: &Action) -> Result<(), Refusal> {
        match action {
            Action::Challenge { root, .. } => self.challenge(*root),
            Action::JoinBatch { tournament, root } => self.join(*tournament, *root, None),
            Action::JoinExecution {
                tournament,
                root,
                end,
            } => {
                let tag = self.execution_end(*tournament, *root, end)?;
                self.join(*tournament, *root, Some(tag))
            }
            Action::JoinMachine {
                tournament,
                root,
                end,
            } => {
                let tag = self.machine_end(*tournament, *root, end)?;
                self.join(*tournament, *root, Some(tag))
            }
            Action::Advance {
                id,
                other_tail,
                own,
                next,
                ..
            } => self.advance(*id, other_tail, own, next),
            Action::Seal {
                id, agreed, path, ..
            } => self.seal(*id, *agreed, path),
            Action::OpenPadding { id } | Action::OpenBatch { id, .. } => self.open_batch(*id),
            Action::OpenNode { id, opening } => self.open_node(*id, opening),
            Action::Reveal { id, reveal, .. } => self.reveal(*id, reveal),
            Action::OpenTile { id, opening } => self.open_tile(*id, opening),
            Action::Step { id, proof } => self.step(*id, proof),
            Action::Settle { id } => self.settle(*id),
            Action::Timeout { id } => self.timeout(*id),
            Action::Conclude { tournament } => self.conclude(*tournament),
            Action::NotifyHost { .. } | Action::Claim { .. } | Action::Withdraw { .. } => {
                Err(Refusal::NoSuchThing)
            }
        }
    }

    fn tournament(&self, id: TournamentId) -> Result<&TournamentView, Refusal> {
        self.tournaments.get(&id).ok_or(Refusal::NoSuchThing)
    }

    fn kind(&self, id: MatchId) -> Kind {
        self.tournaments[&self.matches[&id].tournament].context.kind
    }

    /// The match, if it is in one of `stages` and not past its deadline.
    fn living(&self, id: MatchId, stages: &[Stage]) -> Result<&MatchView, Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if !stages.contains(&view.stage) {
            return Err(Refusal::WrongStage);
        }
        if !in_time(self.now, view.deadline) {
            return Err(Refusal::TooLate);
        }
        Ok(view)
    }

    fn edit(&mut self, id: MatchId) -> &mut MatchView {
        self.matches.get_mut(&id).expect("it was looked up before")
    }
}
