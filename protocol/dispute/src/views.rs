//! The chain's state as the player sees it: plain data, filled by the log reader or by a test.

use crate::{
    Context, MatchId, Tag, TournamentId,
    clocks::{Seconds, Timestamp, in_time},
    rules::Radices,
};
use gavel_primitives::{Depth, Hash};
use std::{collections::BTreeMap, fmt};

/// An account's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Account(pub [u8; 20]);

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One of the two sides of a match: the first to have waited is side 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Waited first; moves first; its end is tag A.
    Zero,
    /// Joined second; its end is tag B.
    One,
}

impl Side {
    /// Index into a pair.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The opponent.
    pub const fn other(self) -> Side {
        match self {
            Side::Zero => Side::One,
            Side::One => Side::Zero,
        }
    }

    /// The tag of this side's end in the inner tournament.
    pub const fn tag(self) -> Tag {
        match self {
            Side::Zero => Tag::A,
            Side::One => Tag::B,
        }
    }
}

/// A batch on the rollup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchView {
    /// Its number within the lane.
    pub number: u64,
    /// What a dispute over it is about: lane, first, count, round, accumulator, program and depth.
    pub context: Context,
    /// The proposed root.
    pub root: Hash,
    /// Last second in which it can be challenged.
    pub closes: Timestamp,
    /// Where it is.
    pub state: BatchState,
    /// The tournament over it, once challenged.
    pub tournament: Option<TournamentId>,
}

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Proposed, nobody has challenged it.
    Proposed,
    /// A tournament decides about it.
    Disputed,
    /// Final.
    Final,
    /// Void: its range is proposed again.
    Void,
}

/// A root that joined a tournament.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitmentView {
    /// The root.
    pub root: Hash,
    /// Who joined with it.
    pub joiner: Account,
    /// The proven end's side of the parent match; none in a batch.
    pub tag: Option<Tag>,
    /// Whether it lost a match, by proof or by clock.
    pub eliminated: bool,
    /// Seconds on its clock outside matches.
    pub clock: Seconds,
}

/// A tournament.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TournamentView {
    /// Its id.
    pub id: TournamentId,
    /// What it decides about.
    pub context: Context,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Last second in which a root can join.
    pub join_closes: Timestamp,
    /// Seconds on the clock of a commitment that joins at once; also the cap of a clock.
    pub allowance: Seconds,
    /// Every root that ever joined, in order.
    pub commitments: Vec<CommitmentView>,
    /// The root that waits for a rival.
    pub waiting: Option<Hash>,
    /// Matches that are not over.
    pub live_matches: u64,
    /// Whether it is concluded.
    pub over: bool,
    /// The root that won; none before the end, or if nobody was left.
    pub winner: Option<Hash>,
}

impl TournamentView {
    /// The commitment with this root.
    pub fn commitment(&self, root: Hash) -> Option<&CommitmentView> {
        self.commitments.iter().find(|c| c.root == root)
    }

    /// Whether it can be ended at `now`: nobody can join any more and no match lives.
    pub fn can_conclude(&self, now: Timestamp) -> bool {
        !self.over && !in_time(now, self.join_closes) && self.live_matches == 0
    }

    /// Whether it is decided at `now`, and if so by which root.
    pub fn outcome(&self, now: Timestamp) -> Option<Option<Hash>> {
        if self.over {
            return Some(self.winner);
        }
        self.can_conclude(now).then_some(self.waiting)
    }
}

/// Where a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The sides walk down their traces.
    Descent,
    /// The side to move owes the agreed leaf.
    Seal,
    /// At its leaf: a batch or node opening, or a machine step, is due.
    Sealed,
    /// The side to move owes its output tensor's root.
    Reveal,
    /// The sides walk down their output tensors.
    TileDescent,
    /// At its chunk: a tile opening is due.
    TileSealed,
    /// An inner tournament is live, or over and not yet settled.
    Inner,
    /// A leaf rule has decided it: nothing runs, and anyone may settle it.
    Decided {
        /// The winning side; none if both are out.
        winner: Option<Side>,
    },
    /// Ended.
    Over,
}

impl Stage {
    /// Whether the clock of the side to move runs.
    pub const fn clock_runs(self) -> bool {
        matches!(
            self,
            Stage::Descent | Stage::Seal | Stage::Reveal | Stage::TileDescent
        )
    }

    /// Whether anyone may open, until a deadline.
    pub const fn awaits_opening(self) -> bool {
        matches!(self, Stage::Sealed | Stage::TileSealed)
    }
}

/// A match between two commitments of a tournament.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchView {
    /// Its id.
    pub id: MatchId,
    /// The tournament it belongs to.
    pub tournament: TournamentId,
    /// The two roots.
    pub roots: [Hash; 2],
    /// Where it is.
    pub stage: Stage,
    /// The side to move, in the stages where a clock runs.
    pub turn: Side,
    /// Both sides' nodes at `height` and `position`: of the traces, in a tile descent of the output tensors.
    pub nodes: [Hash; 2],
    /// Levels left of the present descent (a tile descent ends at chunks).
    pub height: Depth,
    /// Place of the nodes among those of their height, in the tree of the present descent.
    pub position: u64,
    /// Place of the contested leaf in the commitment's tree, once the first descent is at its end.
    pub leaf: u64,
    /// The descendants of its node that the side not to move listed last; none before the first move of a descent.
    pub listed: Option<Vec<Hash>>,
    /// The agreed leaf, once sealed; the tournament's start for position 0, zero for a batch.
    pub agreed: Hash,
    /// Last second of the running clock, or of the opening.
    pub deadline: Timestamp,
    /// Seconds on the sides' clocks when the present move began.
    pub clocks: [Seconds; 2],
    /// The tournament inside, in stage `Inner`.
    pub inner: Option<TournamentId>,
    /// What the player's account can still be credited with for its moves in this match, in wei.
    pub claimable: u128,
}

impl MatchView {
    /// The side that plays `root`.
    pub fn side_of(&self, root: Hash) -> Option<Side> {
        match self.roots.iter().position(|r| *r == root)? {
            0 => Some(Side::Zero),
            _ => Some(Side::One),
        }
    }
}

/// Everything that a decision looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The player's account.
    pub account: Account,
    /// Timestamp of the latest block: no transaction is measured by an earlier one.
    pub now: Timestamp,
    /// Levels a move, by level.
    pub radices: Radices,
    /// Batches that are not yet final.
    pub batches: Vec<BatchView>,
    /// Tournaments, over or not, below batches that are not yet final.
    pub tournaments: BTreeMap<TournamentId, TournamentView>,
    /// Their matches.
    pub matches: BTreeMap<MatchId, MatchView>,
    /// What the account may withdraw, in wei.
    pub credit: u128,
}

impl Board {
    /// The matches of a tournament, in order of their ids.
    pub fn matches_of(&self, tournament: TournamentId) -> impl Iterator<Item = &MatchView> {
        self.matches
            .values()
            .filter(move |m| m.tournament == tournament)
    }

    /// The match around an inner tournament.
    pub fn parent_of(&self, tournament: &TournamentView) -> Option<&MatchView> {
        self.matches.get(&tournament.context.parent_match)
    }
}
