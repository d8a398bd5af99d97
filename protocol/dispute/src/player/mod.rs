//! The player: looks at a board, asks its knowledge, says what to do. Pure, and the same for the
//! honest side and for a liar: it defends what its [`Knowledge`] claims.
//!
//! Deciding twice on one board gives the same actions, and a board that shows an action's effect
//! gives none of it again; so a player can be killed and started again at any moment.

mod apart;
mod descent;
mod keeping;
mod matches;
mod stakes;

use crate::{
    Action, Board, CantTell, Context, Kind, Knowledge, TournamentId, TournamentView,
    clocks::in_time, knowledge::Claim, payload::End, views::BatchState,
};
use apart::apart;
use gavel_primitives::Hash;
use stakes::{Stake, Stakes};

/// What to do now, most urgent first, and what could not be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Transactions to send, in this order; they don't depend on each other.
    pub actions: Vec<Action>,
    /// Claims and matches left alone for want of data.
    pub doubts: Vec<Doubt>,
}

/// Something that the player left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What it is about.
    pub about: Subject,
    /// Why.
    pub reason: CantTell,
}

/// What a doubt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A batch that nobody disputes.
    Batch {
        /// The lane.
        lane: u64,
        /// The batch's number in the lane.
        batch: u64,
    },
    /// A tournament, or a match in it.
    Tournament(TournamentId),
}

/// Decides what to do on `board` in defence of what `knowledge` claims.
///
/// Moves in the deepest tournaments come first, then new challenges, then withdrawals. A claim that
/// can't be judged yields a [`Doubt`] and hinders nothing else, and so does one that makes the knowledge panic.
pub fn decide(board: &Board, knowledge: &dyn Knowledge) -> Decision {
    let stakes = Stakes::of(board, knowledge);
    let mut decision = Decision {
        actions: Vec::new(),
        doubts: stakes.doubts.clone(),
    };
    for tournament in deepest_first(board) {
        match stakes.get(tournament.id) {
            Some(Stake::Own(claim)) => {
                decision.part(tournament.id, |part| {
                    part.extend(join(board, tournament, claim));
                    matches::play(board, tournament, claim, knowledge, part);
                });
                decision.part(tournament.id, |part| {
                    keeping::keep(board, tournament, Some(claim.root()), part);
                });
            }
            Some(Stake::Bystander) => keeping::keep(board, tournament, None, &mut decision),
            Some(Stake::Lost) => keeping::bury(board, tournament, &mut decision),
            None => {}
        }
    }
    challenge(board, knowledge, &mut decision);
    collect(board, &mut decision);
    decision
}

impl Decision {
    fn extend(&mut self, action: Option<Action>) {
        self.actions.extend(action);
    }

    /// Adds what `decide` decides about a tournament; if it panics, a doubt and none of that.
    fn part(&mut self, tournament: TournamentId, decide: impl FnOnce(&mut Decision)) {
        let decided = apart(|| {
            let mut part = Decision::default();
            decide(&mut part);
            Ok(part)
        });
        match decided {
            Ok(part) => {
                self.actions.extend(part.actions);
                self.doubts.extend(part.doubts);
            }
            Err(reason) => self.doubt(tournament, reason),
        }
    }

    fn doubt(&mut self, tournament: TournamentId, reason: CantTell) {
        self.doubts.push(Doubt {
            about: Subject::Tournament(tournament),
            reason,
        });
    }
}

/// Live tournaments, the innermost kind first; within a kind in the order in which they opened.
fn deepest_first(board: &Board) -> Vec<&TournamentView> {
    let mut live: Vec<_> = board.tournaments.values().filter(|t| !t.over).collect();
    live.sort_by_key(|t| (std::cmp::Reverse(t.context.kind), t.opened_at, t.id));
    live
}

/// Joins a tournament that our root is missing in, as long as its window is open.
fn join(board: &Board, tournament: &TournamentView, claim: &Claim) -> Option<Action> {
    let root = claim.root();
    if tournament.commitment(root).is_some() || !in_time(board.now, tournament.join_closes) {
        return None;
    }
    let id = tournament.id;
    match (tournament.context.kind, claim.end.clone()) {
        (Kind::Batch, _) => Some(Action::JoinBatch {
            tournament: id,
            root,
        }),
        (Kind::Execution, Some(End::Execution(end))) => Some(Action::JoinExecution {
            tournament: id,
            root,
            end,
        }),
        (Kind::Machine, Some(End::Machine(end))) => Some(Action::JoinMachine {
            tournament: id,
            root,
            end,
        }),
        _ => None,
    }
}

/// Asks for what our account has earned, and reminds the rollup of ends that it missed.
fn collect(board: &Board, decision: &mut Decision) {
    let missed = |t: &TournamentView| {
        let batch = board.batches.iter().find(|b| b.tournament == Some(t.id));
        t.over && batch.is_some_and(|b| b.state == BatchState::Disputed)
    };
    for tournament in board.tournaments.values().filter(|t| missed(t)) {
        decision.actions.push(Action::NotifyHost {
            tournament: tournament.id,
        });
    }
    for view in board.matches.values().filter(|m| m.claimable > 0) {
        decision.actions.push(Action::Claim {
            id: view.id,
            maker: board.account,
        });
    }
    if board.credit > 0 {
        decision.actions.push(Action::Withdraw {
            account: board.account,
        });
    }
}

/// Challenges each open batch whose root is wrong.
fn challenge(board: &Board, knowledge: &dyn Knowledge, decision: &mut Decision) {
    let open = |state, closes| state == BatchState::Proposed && in_time(board.now, closes);
    for batch in board.batches.iter().filter(|b| open(b.state, b.closes)) {
        match own_root(knowledge, &batch.context) {
            Ok(root) if root == batch.root => {}
            Ok(root) => decision.actions.push(Action::Challenge {
                lane: batch.context.lane,
                batch: batch.number,
                root,
            }),
            Err(reason) => decision.doubts.push(Doubt {
                about: Subject::Batch {
                    lane: batch.context.lane,
                    batch: batch.number,
                },
                reason,
            }),
        }
    }
}

fn own_root(knowledge: &dyn Knowledge, batch: &Context) -> Result<Hash, CantTell> {
    apart(|| knowledge.claim(batch).map(|claim| claim.root()))
}
