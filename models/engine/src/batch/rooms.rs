//! Memory for the caches of requests, within a budget.

use super::kept::{Kept, Shelf, shared_prefix};
use super::session::Session;

/// A session's sequences: those of live requests, and kept ones as far as the budget goes.
pub(super) struct Rooms<'a> {
    pub(super) session: Session<'a>,
    /// Most bytes of all caches.
    budget: usize,
    /// Whether sequences are kept, and taken over from others.
    reuses: bool,
    shelf: Shelf,
    /// Bytes of the caches that there are, and the most that there were.
    bytes: usize,
    pub(super) most_bytes: usize,
}

/// A sequence of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) sequence: usize,
    /// Positions that it has room for.
    positions: usize,
    /// The first ones, which it has from another sequence.
    pub(super) shared: usize,
}

impl<'a> Rooms<'a> {
    pub(super) fn new(session: Session<'a>, budget: usize, reuses: bool) -> Self {
        Rooms {
            session,
            budget,
            reuses,
            shelf: Shelf::default(),
            bytes: 0,
            most_bytes: 0,
        }
    }

    /// A sequence with room for so many positions, of which it has the first ones for `tokens` if another sequence has them; `None`
    /// while there is no memory for it. `live` are sequences under way, with the tokens that they have computed.
    pub(super) fn open<'t>(
        &mut self,
        tokens: &[u32],
        positions: usize,
        live: impl Iterator<Item = (usize, &'t [u32])>,
    ) -> Option<Room> {
        let like = self.most_alike(tokens, live);
        let spared = like.map(|(like, _)| like);
        if let Some(room) = self.open_empty(positions, spared) {
            let Some((like, shared)) = like else {
                return Some(room);
            };
            self.shelf.touch(like);
            self.session.copy(like, room.sequence, shared);
            return Some(Room { shared, ..room });
        }
        // No memory for a copy: the kept sequence itself will do if it is long enough.
        let (like, shared) = like?;
        if self.shelf.room_of(like) < Some(positions) {
            return self.open_empty(positions, None);
        }
        let kept = self.shelf.take(like)?;
        Some(Room {
            sequence: kept.sequence,
            positions: kept.positions,
            shared,
        })
    }

    /// The sequence that has computed most of the first positions for these tokens, if any.
    fn most_alike<'t>(
        &self,
        tokens: &[u32],
        live: impl Iterator<Item = (usize, &'t [u32])>,
    ) -> Option<(usize, usize)> {
        let shared = |(sequence, computed)| (sequence, shared_prefix(computed, tokens));
        let all = live.map(shared).chain(self.shelf.best(tokens));
        let best = all.max_by_key(|(_, shared)| *shared);
        best.filter(|(_, shared)| self.reuses && *shared > 0)
    }

    /// Opens an empty sequence; kept ones make room for it, but `spared` doesn't. `None` if there is no memory for it even so.
    fn open_empty(&mut self, positions: usize, spared: Option<usize>) -> Option<Room> {
        let needed = self.session.cache_bytes(positions);
        let others = self.shelf.positions(spared);
        let to_free: usize = others.map(|kept| self.session.cache_bytes(kept)).sum();
        if self.bytes - to_free + needed > self.budget {
            return None;
        }
        loop {
            if self.bytes + needed <= self.budget
                && let Some(sequence) = self.session.open_for(positions)
            {
                self.bytes += needed;
                self.most_bytes = self.most_bytes.max(self.bytes);
                return Some(Room {
                    sequence,
                    positions,
                    shared: 0,
                });
            }
            let oldest = self.shelf.take_oldest(spared)?;
            self.forget(&oldest);
        }
    }

    /// Takes a request's sequence back, with the tokens that it has computed: it is kept, or its memory is free again.
    pub(super) fn close(&mut self, room: Room, tokens: &[u32]) {
        let kept = Kept {
            sequence: room.sequence,
            positions: room.positions,
            tokens: tokens.to_vec(),
        };
        let unwanted = match self.reuses && !tokens.is_empty() {
            true => self.shelf.put(kept),
            false => vec![kept],
        };
        for kept in unwanted {
            self.forget(&kept);
        }
    }

    fn forget(&mut self, kept: &Kept) {
        self.session.close(kept.sequence);
        self.bytes -= self.session.cache_bytes(kept.positions);
    }
}
