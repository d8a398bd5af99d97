//! What changed since it was last said: one line each.

use crate::Look;
use gavel_dispute::{
    Action, BatchState, Kind, MatchId, Stage, Subject, TournamentId, views::BatchView,
};
use gavel_primitives::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// What the player thinks of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its root is the one computed here.
    Right,
    /// Its root is another.
    Wrong,
    /// Data is missing.
    CantTell,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A batch was proposed, and judged.
    Proposed {
        /// Its lane.
        lane: u64,
        /// Its number.
        batch: u64,
        /// Its round.
        round: u64,
        /// Its root.
        root: Hash,
        /// What the player thinks of it.
        verdict: Verdict,
    },
    /// A batch is disputed, or void.
    Batch {
        /// Its lane.
        lane: u64,
        /// Its number.
        batch: u64,
        /// Where it is.
        state: BatchState,
    },
    /// A tournament opened.
    Opened {
        /// Its id.
        tournament: TournamentId,
        /// What it decides about.
        kind: Kind,
    },
    /// A tournament is decided.
    Decided {
        /// Its id.
        tournament: TournamentId,
        /// The root that won, if one did.
        winner: Option<Hash>,
    },
    /// A match is at another stage.
    Stage {
        /// The match.
        id: MatchId,
        /// The stage.
        stage: Stage,
    },
    /// Something can't be judged.
    Doubt {
        /// What, for people.
        about: String,
        /// Why.
        reason: String,
    },
}

/// Remembers what was said.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    batches: BTreeMap<(u64, u64, u64), (BatchState, Option<Verdict>)>,
    tournaments: BTreeMap<TournamentId, bool>,
    stages: BTreeMap<MatchId, Stage>,
    doubts: BTreeSet<String>,
}

impl Journal {
    /// What changed since the last look.
    pub(crate) fn changes(&mut self, look: &Look) -> Vec<Change> {
        let mut changes = Vec::new();
        for batch in &look.board.batches {
            changes.extend(self.batch(batch, look));
        }
        for view in look.board.tournaments.values() {
            let (tournament, kind) = (view.id, view.context.kind);
            match self.tournaments.insert(tournament, view.over) {
                None => changes.push(Change::Opened { tournament, kind }),
                Some(false) if view.over => changes.push(Change::Decided {
                    tournament,
                    winner: view.winner,
                }),
                Some(_) => {}
            }
        }
        for (&id, view) in &look.board.matches {
            let stage = view.stage;
            if self.stages.insert(id, stage) != Some(stage) {
                changes.push(Change::Stage { id, stage });
            }
        }
        changes.extend(self.new_doubts(look));
        changes
    }

    fn batch(&mut self, view: &BatchView, look: &Look) -> Option<Change> {
        let (lane, batch, round) = (view.context.lane, view.number, view.context.round);
        let verdict = (view.state == BatchState::Proposed).then(|| verdict(lane, batch, look));
        let now = (view.state, verdict);
        if self.batches.insert((lane, batch, round), now) == Some(now) {
            return None;
        }
        Some(match verdict {
            Some(verdict) => Change::Proposed {
                lane,
                batch,
                round,
                root: view.root,
                verdict,
            },
            None => Change::Batch {
                lane,
                batch,
                state: view.state,
            },
        })
    }

    fn new_doubts(&mut self, look: &Look) -> Vec<Change> {
        let mut fresh = Vec::new();
        for doubt in &look.decision.doubts {
            let (about, reason) = (format!("{:?}", doubt.about), doubt.reason.to_string());
            if self.doubts.insert(format!("{about}: {reason}")) {
                fresh.push(Change::Doubt { about, reason });
            }
        }
        fresh
    }
}

/// What a decision says of a batch in its window: it challenges what is wrong, and doubts what it can't tell.
fn verdict(lane: u64, batch: u64, look: &Look) -> Verdict {
    let challenges = |action: &Action| matches!(action, Action::Challenge { lane: l, batch: b, .. } if (*l, *b) == (lane, batch));
    if look.decision.actions.iter().any(challenges) {
        return Verdict::Wrong;
    }
    let subject = Subject::Batch { lane, batch };
    match look
        .decision
        .doubts
        .iter()
        .any(|doubt| doubt.about == subject)
    {
        true => Verdict::CantTell,
        false => Verdict::Right,
    }
}

impl Change {
    /// Logs it.
    pub(crate) fn log(&self) {
        match self {
            Change::Proposed {
                lane,
                batch,
                round,
                root,
                verdict: Verdict::Right,
            } => {
                tracing::info!(target: "verifier", lane, batch, round, %root, "a batch is right");
            }
            Change::Proposed {
                lane,
                batch,
                round,
                root,
                verdict,
            } => {
                tracing::warn!(target: "verifier", lane, batch, round, %root, ?verdict, "a batch is not right");
            }
            Change::Batch { lane, batch, state } => {
                tracing::info!(target: "verifier", lane, batch, ?state, "batch");
            }
            Change::Opened { tournament, kind } => {
                tracing::info!(target: "verifier", id = %tournament.0, ?kind, "a tournament opened");
            }
            Change::Decided { tournament, winner } => {
                let winner = winner.map(|root| root.to_string());
                tracing::info!(target: "verifier", id = %tournament.0, winner, "a tournament is decided");
            }
            Change::Stage { id, stage } => {
                tracing::info!(target: "verifier", id = %id.0, ?stage, "match");
            }
            Change::Doubt { about, reason } => {
                tracing::warn!(target: "verifier", about, reason, "can't tell");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_dispute::{Account, Board, CantTell, Context, Decision, Doubt, rules::Radices};

    fn look(state: BatchState, decision: Decision) -> Look {
        let batch = BatchView {
            number: 4,
            context: Context {
                lane: 2,
                ..Context::empty(Kind::Batch)
            },
            root: Hash([1; 32]),
            closes: 10,
            state,
            tournament: None,
        };
        let board = Board {
            account: Account::default(),
            now: 0,
            radices: Radices {
                batch: 1,
                execution: 1,
                tile: 1,
                machine: 1,
            },
            batches: vec![batch],
            tournaments: BTreeMap::new(),
            matches: BTreeMap::new(),
            credit: 0,
        };
        Look { board, decision }
    }

    fn verdict_of(decision: Decision) -> Verdict {
        match Journal::default().changes(&look(BatchState::Proposed, decision))[..] {
            [Change::Proposed { verdict, .. }, ..] => verdict,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_batch_is_judged_by_what_is_decided_about_it() {
        assert_eq!(verdict_of(Decision::default()), Verdict::Right);
        let challenge = Action::Challenge {
            lane: 2,
            batch: 4,
            root: Hash([2; 32]),
        };
        let wrong = Decision {
            actions: vec![challenge],
            doubts: Vec::new(),
        };
        assert_eq!(verdict_of(wrong), Verdict::Wrong);
        let reason = CantTell::UnknownRange {
            lane: 2,
            first: 0,
            count: 1,
        };
        let about = Subject::Batch { lane: 2, batch: 4 };
        let doubt = Decision {
            actions: Vec::new(),
            doubts: vec![Doubt { about, reason }],
        };
        assert_eq!(verdict_of(doubt), Verdict::CantTell);
    }

    #[test]
    fn what_did_not_change_is_not_said_again() {
        let mut journal = Journal::default();
        let proposed = look(BatchState::Proposed, Decision::default());
        assert_eq!(journal.changes(&proposed).len(), 1);
        assert_eq!(journal.changes(&proposed), []);
        let disputed = look(BatchState::Disputed, Decision::default());
        let change = Change::Batch {
            lane: 2,
            batch: 4,
            state: BatchState::Disputed,
        };
        assert_eq!(journal.changes(&disputed), [change]);
        assert_eq!(journal.changes(&disputed), []);
    }
}
