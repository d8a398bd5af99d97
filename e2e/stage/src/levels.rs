//! Which of the five levels a transaction belongs to.

use gavel_dispute::{ActionKind, Board, Kind, MatchId, Stage};
use gavel_program::Header;

/// The levels, outermost first.
pub const LEVELS: [&str; 5] = ["batch", "step", "node", "tile", "instruction"];

/// The level of a transaction, as the board was when it was decided: an index into [`LEVELS`].
pub(crate) fn level(
    kind: ActionKind,
    id: Option<MatchId>,
    board: &Board,
    header: &Header,
) -> usize {
    match kind {
        ActionKind::Challenge | ActionKind::Join(Kind::Batch) | ActionKind::OpenBatch => 0,
        ActionKind::Join(Kind::Execution) => 1,
        ActionKind::OpenNode => 2,
        ActionKind::Reveal | ActionKind::OpenTile => 3,
        ActionKind::Join(Kind::Machine) | ActionKind::Step => 4,
        _ => id.map_or(0, |id| in_match(id, board, header)),
    }
}

/// The level that the deepest living tournament is at: an index into [`LEVELS`]; none without one, or before its match.
pub fn deepest(board: &Board, header: &Header) -> Option<usize> {
    let living = board.tournaments.values().filter(|one| !one.over);
    let tournament = living.max_by_key(|one| one.context.kind)?;
    let mut matches = board.matches.values();
    let view = matches.find(|view| view.tournament == tournament.id)?;
    Some(in_match(view.id, board, header))
}

/// The level of a move or an end within a match.
fn in_match(id: MatchId, board: &Board, header: &Header) -> usize {
    let Some(view) = board.matches.get(&id) else {
        return 0;
    };
    let kind = board
        .tournaments
        .get(&view.tournament)
        .map(|tournament| tournament.context.kind);
    match (kind, view.stage) {
        (Some(Kind::Machine), _) => 4,
        (Some(Kind::Execution), Stage::TileDescent | Stage::TileSealed) => 3,
        (Some(Kind::Execution), Stage::Descent) if view.height > header.node_depth => 1,
        (Some(Kind::Execution), _) => 2,
        _ => 0,
    }
}
