//! Tournaments: who may join them, who meets whom, and who is left.

use super::{Hidden, Referee, Refusal};
use crate::world::mix;
use gavel_dispute::clocks::{Seconds, after_victory, allowance_at_join, in_time};
use gavel_dispute::{
    Account, BatchState, CommitmentView, Context, Kind, MatchId, MatchView, Side, Stage, Tag,
    TournamentId, TournamentView,
};
use gavel_primitives::Hash;

impl Referee {
    pub(super) fn challenge(&mut self, root: Hash) -> Result<(), Refusal> {
        if self.batch.state != BatchState::Proposed {
            return Err(Refusal::WrongStage);
        }
        if !in_time(self.now, self.batch.closes) {
            return Err(Refusal::TooLate);
        }
        let id = self.open_tournament(self.batch.context.clone(), 0);
        self.batch.state = BatchState::Disputed;
        self.batch.tournament = Some(id);
        self.join(id, self.batch.root, None)?;
        self.join(id, root, None)
    }

    pub(super) fn open_tournament(&mut self, context: Context, allowance: Seconds) -> TournamentId {
        let kind = context.kind as usize;
        let id = TournamentId(mix(&format!("{context:?}"), &[]));
        let view = TournamentView {
            id,
            context,
            opened_at: self.now,
            join_closes: self.now + self.times.window[kind],
            allowance: allowance.max(self.times.allowance[kind]),
            commitments: Vec::new(),
            waiting: None,
            live_matches: 0,
            over: false,
            winner: None,
        };
        self.tournaments.insert(id, view);
        id
    }

    pub(super) fn join(
        &mut self,
        id: TournamentId,
        root: Hash,
        tag: Option<Tag>,
    ) -> Result<(), Refusal> {
        let now = self.now;
        let view = self.tournaments.get_mut(&id).ok_or(Refusal::NoSuchThing)?;
        if !in_time(now, view.join_closes) {
            return Err(Refusal::TooLate);
        }
        if view.commitment(root).is_some() {
            return Ok(());
        }
        view.commitments.push(CommitmentView {
            root,
            joiner: Account::default(),
            tag,
            eliminated: false,
            clock: allowance_at_join(view.allowance, view.opened_at, now),
        });
        self.wait(id, root);
        Ok(())
    }

    /// Pairs a root with the one that waits, or lets it wait.
    fn wait(&mut self, id: TournamentId, root: Hash) {
        let view = self.tournaments.get_mut(&id).expect("it exists");
        let Some(first) = view.waiting.take() else {
            view.waiting = Some(root);
            return;
        };
        view.live_matches += 1;
        let clock = |root| view.commitment(root).expect("it joined").clock;
        let roots = [first, root];
        let view = MatchView {
            id: MatchId(mix("match", &[id.0, first, root])),
            tournament: id,
            roots,
            stage: Stage::Descent,
            turn: Side::Zero,
            nodes: roots,
            height: view.context.depth,
            position: 0,
            leaf: 0,
            listed: None,
            agreed: view.context.start,
            deadline: 0,
            clocks: roots.map(clock),
            inner: None,
            claimable: 0,
        };
        let id = view.id;
        self.hidden.insert(id, Hidden::default());
        self.matches.insert(id, view);
        match self.matches[&id].height {
            0 => self.at_leaf(id),
            _ => self.start_clock(id),
        }
    }

    pub(super) fn end_match(&mut self, id: MatchId, winner: Option<usize>) {
        let view = self.edit(id);
        view.stage = Stage::Over;
        let (tournament, roots, clocks) = (view.tournament, view.roots, view.clocks);
        let effort = self.times.effort;
        let home = self.tournaments.get_mut(&tournament).expect("it exists");
        home.live_matches -= 1;
        let cap = home.allowance;
        for commitment in &mut home.commitments {
            match roots.iter().position(|r| *r == commitment.root) {
                Some(side) if Some(side) == winner => {
                    commitment.clock = after_victory(clocks[side], effort, cap);
                }
                Some(_) => commitment.eliminated = true,
                None => {}
            }
        }
        if let Some(side) = winner {
            self.wait(tournament, roots[side]);
        }
    }

    pub(super) fn conclude(&mut self, id: TournamentId) -> Result<(), Refusal> {
        let now = self.now;
        let view = self.tournaments.get_mut(&id).ok_or(Refusal::NoSuchThing)?;
        if view.over {
            return Ok(());
        }
        if in_time(now, view.join_closes) || view.live_matches > 0 {
            return Err(Refusal::TooEarly);
        }
        view.over = true;
        view.winner = view.waiting.take();
        if view.context.kind == Kind::Batch {
            self.batch.state = match view.winner {
                Some(_) => BatchState::Final,
                None => BatchState::Void,
            };
        }
        Ok(())
    }
}
