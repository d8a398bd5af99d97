//! What keeps a dispute moving whoever plays it: timeouts, settlements, conclusions.

use super::Decision;
use crate::{
    Action, Board, Kind, MatchView, Side, Tag, TournamentView, clocks::in_time, views::Stage,
};
use gavel_primitives::Hash;

/// Adds what is due in `tournament`; `own` is the root that we defend in it, if any.
pub(super) fn keep(
    board: &Board,
    tournament: &TournamentView,
    own: Option<Hash>,
    decision: &mut Decision,
) {
    for view in board.matches_of(tournament.id) {
        let side = own.and_then(|root| view.side_of(root));
        decision.extend(end_of_match(board, view, side));
    }
    decision.extend(conclude(board, tournament));
}

fn end_of_match(board: &Board, view: &MatchView, own: Option<Side>) -> Option<Action> {
    let id = view.id;
    match view.stage {
        Stage::Over => None,
        Stage::Decided { winner } => {
            ends_well(own, winner.map(Side::tag)).then_some(Action::Settle { id })
        }
        Stage::Inner => settles(board, view, own).then_some(Action::Settle { id }),
        _ if in_time(board.now, view.deadline) => None,
        // Our own clock has run out: the opponent may say so.
        stage if stage.clock_runs() && own == Some(view.turn) => None,
        _ => Some(Action::Timeout { id }),
    }
}

/// Whether the inner tournament is decided, and not by our loss.
fn settles(board: &Board, view: &MatchView, own: Option<Side>) -> bool {
    let inner = view.inner.and_then(|inner| board.tournaments.get(&inner));
    let Some((inner, outcome)) = inner.and_then(|t| Some((t, t.outcome(board.now)?))) else {
        return false;
    };
    ends_well(own, outcome.and_then(|root| inner.commitment(root)?.tag))
}

/// Whether a match may end as it is decided, for all that we care: our loss the winner carries over.
fn ends_well(own: Option<Side>, winner: Option<Tag>) -> bool {
    match (own, winner) {
        (Some(side), Some(tag)) => side.tag() == tag,
        _ => true,
    }
}

/// Ends a batch tournament that has nobody left: its range can be proposed again.
pub(super) fn bury(board: &Board, tournament: &TournamentView, decision: &mut Decision) {
    if tournament.waiting.is_none() {
        decision.extend(conclude(board, tournament));
    }
}

/// Inner tournaments are concluded by the settling of the match around them.
fn conclude(board: &Board, tournament: &TournamentView) -> Option<Action> {
    let due = tournament.context.kind == Kind::Batch && tournament.can_conclude(board.now);
    due.then_some(Action::Conclude {
        tournament: tournament.id,
    })
}
