//! Which tournaments concern us, and how.

use super::{Doubt, Subject, apart::apart};
use crate::{Board, CantTell, Kind, Knowledge, TournamentId, TournamentView, knowledge::Claim};
use std::collections::BTreeMap;

/// How a live tournament concerns us.
pub(super) enum Stake {
    /// We defend a root in it, or are about to join.
    Own(Claim),
    /// It lies inside a tournament that we have a living root in, between two others: it must end.
    Bystander,
    /// Our root is out of it; the winner sees to its end, if there is one.
    Lost,
}

/// Our stakes in all live tournaments that concern us.
pub(super) struct Stakes {
    stakes: BTreeMap<TournamentId, Stake>,
    pub(super) doubts: Vec<Doubt>,
}

impl Stakes {
    pub(super) fn of(board: &Board, knowledge: &dyn Knowledge) -> Self {
        let mut stakes = Stakes {
            stakes: BTreeMap::new(),
            doubts: Vec::new(),
        };
        for kind in Kind::ALL {
            let live = |t: &&TournamentView| t.context.kind == kind && !t.over;
            for tournament in board.tournaments.values().filter(live) {
                match apart(|| stakes.judge(board, knowledge, tournament)) {
                    Ok(Some(stake)) => {
                        stakes.stakes.insert(tournament.id, stake);
                    }
                    Ok(None) => {}
                    Err(reason) => stakes.doubts.push(Doubt {
                        about: Subject::Tournament(tournament.id),
                        reason,
                    }),
                }
            }
        }
        stakes
    }

    pub(super) fn get(&self, tournament: TournamentId) -> Option<&Stake> {
        self.stakes.get(&tournament)
    }

    /// Outer tournaments have been judged before.
    fn judge(
        &self,
        board: &Board,
        knowledge: &dyn Knowledge,
        tournament: &TournamentView,
    ) -> Result<Option<Stake>, CantTell> {
        if tournament.context.kind == Kind::Batch {
            let claim = knowledge.claim(&tournament.context)?;
            return Ok(Some(stake_in(tournament, claim)));
        }
        let Some(parent) = board.parent_of(tournament) else {
            return Ok(None);
        };
        match self.stakes.get(&parent.tournament) {
            None | Some(Stake::Lost) => Ok(None),
            Some(Stake::Own(claim)) if parent.side_of(claim.root()).is_some() => {
                let claim = knowledge.claim(&tournament.context)?;
                Ok(Some(stake_in(tournament, claim)))
            }
            Some(Stake::Own(_) | Stake::Bystander) => Ok(Some(Stake::Bystander)),
        }
    }
}

/// A root that has not joined yet can, or is too late; the tournament has to end in either case.
fn stake_in(tournament: &TournamentView, claim: Claim) -> Stake {
    match tournament.commitment(claim.root()) {
        Some(own) if own.eliminated => Stake::Lost,
        _ => Stake::Own(claim),
    }
}
