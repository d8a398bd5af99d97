//! One move of a descent.

use crate::{
    Action, MatchView, Side, Trace,
    rules::{descend, first_difference, width},
};
use gavel_primitives::{Depth, Hash};

/// Where a descent stands, seen from the side to move.
pub(super) struct Descent<'a> {
    /// The mover's tree.
    pub(super) trace: &'a dyn Trace,
    /// Height at which the descent ends: 0, or a chunk's in a tile descent.
    pub(super) base: Depth,
    /// Levels a move.
    pub(super) radix: Depth,
    /// Place among the nodes of the present height.
    pub(super) position: u64,
}

impl Descent<'_> {
    /// The move of `side`; none if the board does not fit the trace, which no valid game shows.
    pub(super) fn advance(&self, view: &MatchView, side: Side) -> Option<Action> {
        let height = self.base + view.height;
        if self.trace.node(height, self.position) != view.nodes[side.index()] {
            return None;
        }
        match &view.listed {
            None => Some(self.first(view, side)),
            Some(listed) => self.reply(view, side, listed),
        }
    }

    fn first(&self, view: &MatchView, side: Side) -> Action {
        Action::Advance {
            id: view.id,
            side,
            other_tail: Vec::new(),
            own: Vec::new(),
            next: self.list(view.height, self.position),
        }
    }

    fn reply(&self, view: &MatchView, side: Side, listed: &[Hash]) -> Option<Action> {
        let own = self.list(view.height, self.position);
        let place = first_difference(&own, listed)?;
        let step = width(self.radix, view.height);
        let (height, position) = (
            view.height - step,
            descend(self.position, step, place as u64),
        );
        Some(Action::Advance {
            id: view.id,
            side,
            other_tail: listed[place..].to_vec(),
            own,
            next: match height {
                0 => Vec::new(),
                _ => self.list(height, position),
            },
        })
    }

    /// The descendants that a move reveals of the node at `position`, `height` levels above the base.
    fn list(&self, height: Depth, position: u64) -> Vec<Hash> {
        self.trace
            .list(self.base + height, position, width(self.radix, height))
    }
}
