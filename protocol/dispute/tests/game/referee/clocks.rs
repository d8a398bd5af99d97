//! The clocks of a match: whose runs, until when something must be opened, and what happens when nobody does.

use super::{Referee, Refusal};
use gavel_dispute::clocks::{in_time, opening_deadline};
use gavel_dispute::{MatchId, Stage};

impl Referee {
    pub(super) fn stop_clock(&mut self, id: MatchId) {
        let now = self.now;
        let view = self.edit(id);
        view.clocks[view.turn.index()] = view.deadline - now;
    }

    pub(super) fn start_clock(&mut self, id: MatchId) {
        let now = self.now;
        let view = self.edit(id);
        view.deadline = now + view.clocks[view.turn.index()];
    }

    pub(super) fn pass_turn(&mut self, id: MatchId) {
        let view = self.edit(id);
        view.turn = view.turn.other();
    }

    pub(super) fn await_opening(&mut self, id: MatchId, stage: Stage) {
        let join_closes = self.tournaments[&self.matches[&id].tournament].join_closes;
        let deadline = opening_deadline(self.now, join_closes, self.times.open);
        let view = self.edit(id);
        view.stage = stage;
        view.deadline = deadline;
    }

    pub(super) fn timeout(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if !view.stage.clock_runs() && !view.stage.awaits_opening() {
            return Err(Refusal::WrongStage);
        }
        if in_time(self.now, view.deadline) {
            return Err(Refusal::TooEarly);
        }
        let winner = view.stage.clock_runs().then(|| view.turn.other().index());
        self.end_match(id, winner);
        Ok(())
    }
}
