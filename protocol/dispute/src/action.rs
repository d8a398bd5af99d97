//! What a player does: one transaction each.

use crate::{
    Account, Kind, MatchId, Side, TournamentId,
    payload::{
        BatchOpening, ExecutionEnd, MachineEnd, NodeOpening, Reveal, StepProof, TileOpening,
    },
};
use gavel_primitives::{CompactProof, Hash};

/// One transaction, complete but for sender, nonce and fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Disputes a batch that nobody disputes yet; opens its tournament.
    Challenge {
        /// The lane.
        lane: u64,
        /// The batch's number in the lane.
        batch: u64,
        /// The rival root.
        root: Hash,
    },
    /// Joins a batch tournament.
    JoinBatch {
        /// The tournament.
        tournament: TournamentId,
        /// The rival root.
        root: Hash,
    },
    /// Joins an execution tournament.
    JoinExecution {
        /// The tournament.
        tournament: TournamentId,
        /// The root.
        root: Hash,
        /// The proof of its end.
        end: Box<ExecutionEnd>,
    },
    /// Joins a machine tournament.
    JoinMachine {
        /// The tournament.
        tournament: TournamentId,
        /// The root.
        root: Hash,
        /// The proof of its end.
        end: Box<MachineEnd>,
    },
    /// One move of a descent.
    Advance {
        /// The match.
        id: MatchId,
        /// For which side.
        side: Side,
        /// The opponent's list from the first difference on; empty in a first move.
        other_tail: Vec<Hash>,
        /// The mover's own list; empty in a first move.
        own: Vec<Hash>,
        /// The descendants listed for the opponent's next move; empty at the leaf.
        next: Vec<Hash>,
    },
    /// Proves the agreed leaf.
    Seal {
        /// The match.
        id: MatchId,
        /// For which side, and so under which root.
        side: Side,
        /// The agreed leaf.
        agreed: Hash,
        /// Its path.
        path: CompactProof,
    },
    /// Decides a batch match past the count, where the correct leaf is zero.
    OpenPadding {
        /// The match.
        id: MatchId,
    },
    /// Starts the execution tournament of a batch match.
    OpenBatch {
        /// The match.
        id: MatchId,
        /// The proof.
        opening: Box<BatchOpening>,
    },
    /// Decides an execution match by rule, or starts its reveals.
    OpenNode {
        /// The match.
        id: MatchId,
        /// The proof.
        opening: Box<NodeOpening>,
    },
    /// Reveals a side's output tensor.
    Reveal {
        /// The match.
        id: MatchId,
        /// For which side.
        side: Side,
        /// The tensor's root and the slot's path.
        reveal: Box<Reveal>,
    },
    /// Starts the machine tournament of an execution match.
    OpenTile {
        /// The match.
        id: MatchId,
        /// The proof.
        opening: Box<TileOpening>,
    },
    /// Decides a machine match by executing one instruction; settling ends it.
    Step {
        /// The match.
        id: MatchId,
        /// The proof.
        proof: StepProof,
    },
    /// Ends a match that a rule has decided, or that its inner tournament decides.
    Settle {
        /// The match.
        id: MatchId,
    },
    /// Ends a match whose clock or opening deadline has run out.
    Timeout {
        /// The match.
        id: MatchId,
    },
    /// Ends a tournament.
    Conclude {
        /// The tournament.
        tournament: TournamentId,
    },
    /// Tells the rollup again of a batch tournament's end, which it has not taken note of.
    NotifyHost {
        /// The tournament.
        tournament: TournamentId,
    },
    /// Has the account credited for its moves in a match that is over.
    Claim {
        /// The match.
        id: MatchId,
        /// Who made the moves.
        maker: Account,
    },
    /// Pays an account what it is credited with.
    Withdraw {
        /// The account.
        account: Account,
    },
}

/// The name of an action, for reports of gas and moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// [`Action::Challenge`].
    Challenge,
    /// A join of this kind of tournament.
    Join(Kind),
    /// [`Action::Advance`].
    Advance,
    /// [`Action::Seal`].
    Seal,
    /// [`Action::OpenPadding`] and [`Action::OpenBatch`].
    OpenBatch,
    /// [`Action::OpenNode`].
    OpenNode,
    /// [`Action::Reveal`].
    Reveal,
    /// [`Action::OpenTile`].
    OpenTile,
    /// [`Action::Step`].
    Step,
    /// [`Action::Settle`].
    Settle,
    /// [`Action::Timeout`].
    Timeout,
    /// [`Action::Conclude`].
    Conclude,
    /// [`Action::NotifyHost`].
    NotifyHost,
    /// [`Action::Claim`].
    Claim,
    /// [`Action::Withdraw`].
    Withdraw,
}

impl Action {
    /// Which kind of action this is.
    pub const fn kind(&self) -> ActionKind {
        match self {
            Action::Challenge { .. } => ActionKind::Challenge,
            Action::JoinBatch { .. } => ActionKind::Join(Kind::Batch),
            Action::JoinExecution { .. } => ActionKind::Join(Kind::Execution),
            Action::JoinMachine { .. } => ActionKind::Join(Kind::Machine),
            Action::Advance { .. } => ActionKind::Advance,
            Action::Seal { .. } => ActionKind::Seal,
            Action::OpenPadding { .. } | Action::OpenBatch { .. } => ActionKind::OpenBatch,
            Action::OpenNode { .. } => ActionKind::OpenNode,
            Action::Reveal { .. } => ActionKind::Reveal,
            Action::OpenTile { .. } => ActionKind::OpenTile,
            Action::Step { .. } => ActionKind::Step,
            Action::Settle { .. } => ActionKind::Settle,
            Action::Timeout { .. } => ActionKind::Timeout,
            Action::Conclude { .. } => ActionKind::Conclude,
            Action::NotifyHost { .. } => ActionKind::NotifyHost,
            Action::Claim { .. } => ActionKind::Claim,
            Action::Withdraw { .. } => ActionKind::Withdraw,
        }
    }

    /// The match that the action moves in.
    pub const fn match_id(&self) -> Option<MatchId> {
        match self {
            Action::Advance { id, .. }
            | Action::Seal { id, .. }
            | Action::OpenPadding { id }
            | Action::OpenBatch { id, .. }
            | Action::OpenNode { id, .. }
            | Action::Reveal { id, .. }
            | Action::OpenTile { id, .. }
            | Action::Step { id, .. }
            | Action::Settle { id }
            | Action::Timeout { id }
            | Action::Claim { id, .. } => Some(*id),
            _ => None,
        }
    }
}
