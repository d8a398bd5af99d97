//! What the player asks of the side that holds the data: traces to defend, and openings to prove.

use crate::{
    Context, Trace,
    payload::{BatchOpening, End, NodeOpening, Reveal, StepProof, TileOpening},
};
use gavel_primitives::Hash;
use std::{fmt, sync::Arc};
use thiserror::Error;

/// Why a player can't say whether a claim is right. It never acts on this.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CantTell {
    /// The program is not held, or fails its check.
    #[error("program {program_id} is not held or fails its check")]
    UnknownProgram {
        /// The program.
        program_id: Hash,
    },
    /// The request is not known yet: the chain's reader lags behind.
    #[error("request {request_id} has not been read from the chain yet")]
    UnknownRequest {
        /// The request.
        request_id: Hash,
    },
    /// The requests of a batch have not all been read yet.
    #[error("requests {first}..{} of lane {lane} have not all been read from the chain", first + count)]
    UnknownRange {
        /// The lane.
        lane: u64,
        /// First request.
        first: u64,
        /// Number of requests.
        count: u64,
    },
    /// The tournament starts from a value that this player's traces never reach: two others agreed on it.
    #[error("the trace starts from {start}, which is none of ours")]
    ForeignStart {
        /// The tournament's start.
        start: Hash,
    },
    /// The work is not done yet; asking again later will answer.
    #[error("still computing")]
    StillComputing,
    /// Something failed that is no property of the claim.
    #[error("could not compute: {cause}")]
    Failed {
        /// What failed, for the log.
        cause: String,
    },
}

/// Three-valued answer about a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claim is what this player computes.
    Right,
    /// It is not; this is.
    Wrong {
        /// The root that this player defends.
        correct: Hash,
    },
    /// No answer now; nothing may be done because of this claim.
    CantTell(CantTell),
}

/// What a player defends in one tournament.
#[derive(Clone)]
pub struct Claim {
    /// The trace whose root is its commitment.
    pub trace: Arc<dyn Trace>,
    /// The proof that the trace's end is contested; none if it is neither end, so that it can't join.
    pub end: Option<End>,
}

impl Claim {
    /// The commitment.
    pub fn root(&self) -> Hash {
        self.trace.root()
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("depth", &self.trace.depth())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// The proof that opens a match, and what it will decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening<T> {
    /// The proof.
    pub proof: T,
    /// The correct leaf, where a rule gives it; none where the match goes on inside.
    pub correct: Option<Hash>,
}

/// The data behind a player. What it claims, the player defends: the truth, or a lie.
///
/// All answers are functions of the context and the place alone; they may be slow the first time,
/// and an implementation that works in the background says [`CantTell::StillComputing`] meanwhile.
pub trait Knowledge {
    /// The trace that this side defends in a tournament, and the proof of its end.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing; the player then leaves the tournament alone.
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell>;

    /// Opens the request at leaf `position` of a batch, so that its execution tournament starts.
    /// Past the batch's count nothing is needed and this isn't asked.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing.
    fn open_batch(&self, batch: &Context, position: u64) -> Result<BatchOpening, CantTell>;

    /// Opens the agreed env before leaf `position` of an execution: control slot, record and tables,
    /// or the env's two halves at a step's end.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing.
    fn open_node(
        &self,
        execution: &Context,
        position: u64,
    ) -> Result<Opening<NodeOpening>, CantTell>;

    /// This side's output tensor in the env of leaf `position`, with the slot's path.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing, or when this side's env has no such path.
    fn reveal(&self, execution: &Context, position: u64) -> Result<Reveal, CantTell>;

    /// The tree of that tensor, leaves of 32 bytes, of the output slot's depth.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing.
    fn tensor(&self, execution: &Context, position: u64) -> Result<Arc<dyn Trace>, CantTell>;

    /// Opens tile `tile` of the node at leaf `position`: its old chunk and the inputs' roots,
    /// so that its machine tournament starts.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing.
    fn open_tile(
        &self,
        execution: &Context,
        position: u64,
        tile: u64,
    ) -> Result<TileOpening, CantTell>;

    /// The proof of the instruction whose result is leaf `position` of a machine run; `correct` is the
    /// state after it.
    ///
    /// # Errors
    /// [`CantTell`] when the data is missing.
    fn step(&self, machine: &Context, position: u64) -> Result<Opening<StepProof>, CantTell>;
}

/// What `knowledge` says of `root` in a tournament.
pub fn judge(knowledge: &dyn Knowledge, tournament: &Context, root: Hash) -> Verdict {
    match knowledge.claim(tournament) {
        Err(reason) => Verdict::CantTell(reason),
        Ok(claim) => match claim.root() {
            correct if correct == root => Verdict::Right,
            correct => Verdict::Wrong { correct },
        },
    }
}
