//! What a tournament decides about: the mirror of the contract's `Context`.

use gavel_primitives::{Depth, Hash};
use std::fmt;

/// A tournament's id: the hash of its whole context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TournamentId(pub Hash);

/// A match's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchId(pub Hash);

impl fmt::Display for TournamentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The three tournaments, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Over the results of a batch.
    Batch,
    /// Over one request's execution.
    Execution,
    /// Over one tile's machine run.
    Machine,
}

impl Kind {
    /// All kinds, outermost first.
    pub const ALL: [Kind; 3] = [Kind::Batch, Kind::Execution, Kind::Machine];

    /// The kind of the tournaments inside this one's matches.
    pub const fn inner(self) -> Option<Kind> {
        match self {
            Kind::Batch => Some(Kind::Execution),
            Kind::Execution => Some(Kind::Machine),
            Kind::Machine => None,
        }
    }

    /// How often a match of this kind waits for an opening.
    pub const fn seals(self) -> u64 {
        match self {
            Kind::Batch | Kind::Machine => 1,
            Kind::Execution => 2,
        }
    }
}

/// Which side of the parent match a commitment's proven end speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Side 0's end.
    A,
    /// Side 1's end.
    B,
}

/// Everything that a tournament decides about; fields of other kinds are zero. Its ABI encoding is what the id hashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// Which tournament.
    pub kind: Kind,
    /// Depth of a commitment's tree.
    pub depth: Depth,
    /// Machine: depth of the guest image's tree.
    pub image_depth: Depth,
    /// Leaf of the parent's descent: execution in the batch's tree, machine in the execution's.
    pub position: u64,
    /// Machine: the tile's index.
    pub tile: u64,
    /// Batch: the lane.
    pub lane: u64,
    /// Batch: inbox place of the first request.
    pub first: u64,
    /// Batch: number of requests.
    pub count: u64,
    /// Batch: round of the proposal.
    pub round: u64,
    /// Batch: inbox accumulator over the range.
    pub accumulator: Hash,
    /// The program that runs.
    pub program_id: Hash,
    /// Execution and machine: the request.
    pub request_id: Hash,
    /// The tournament around this one; zero for a batch.
    pub parent_tournament: TournamentId,
    /// The match around this one; zero for a batch.
    pub parent_match: MatchId,
    /// env_0 or M_0; zero for a batch.
    pub start: Hash,
    /// r_0 or q_0.
    pub end_a: Hash,
    /// r_1 or q_1.
    pub end_b: Hash,
    /// Machine: the old chunk's root.
    pub old_chunk: Hash,
    /// Machine: root over the machine's windows.
    pub inputs_root: Hash,
    /// Machine: root of the guest image.
    pub image_root: Hash,
}

impl Context {
    /// A context of `kind` with every other field zero.
    pub const fn empty(kind: Kind) -> Self {
        Context {
            kind,
            program_id: Hash::ZERO,
            request_id: Hash::ZERO,
            parent_tournament: TournamentId(Hash::ZERO),
            parent_match: MatchId(Hash::ZERO),
            position: 0,
            tile: 0,
            depth: 0,
            start: Hash::ZERO,
            end_a: Hash::ZERO,
            end_b: Hash::ZERO,
            old_chunk: Hash::ZERO,
            inputs_root: Hash::ZERO,
            image_root: Hash::ZERO,
            image_depth: 0,
            lane: 0,
            first: 0,
            count: 0,
            round: 0,
            accumulator: Hash::ZERO,
        }
    }

    /// The tag of a proven end, if it is one of the contested two.
    pub fn tag_of(&self, end: Hash) -> Option<Tag> {
        if end == self.end_a {
            Some(Tag::A)
        } else if end == self.end_b {
            Some(Tag::B)
        } else {
            None
        }
    }
}
