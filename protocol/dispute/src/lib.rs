//! The dispute game as pure data: rules of levels and leaves, clocks, and the player.
//!
//! No I/O, no clock, no async: a [`Board`] goes in, [`Action`]s come out. Who reads the chain and
//! sends transactions lives elsewhere, and so does what computes traces, behind [`Knowledge`].
//!
//! - [`trace`]: a tree that can be asked for any node
//! - [`context`], [`views`]: the contract's state, mirrored
//! - [`rules`], [`clocks`]: arithmetic on positions, leaves and times
//! - [`payload`], [`action`]: what a transaction carries
//! - [`knowledge`]: what a player defends, and what it can't tell
//! - [`player`]: views in, actions out, the same for either side
pub mod action;
pub mod clocks;
pub mod context;
pub mod knowledge;
pub mod payload;
pub mod player;
pub mod rules;
pub mod trace;
pub mod views;

pub use action::{Action, ActionKind};
pub use context::{Context, Kind, MatchId, Tag, TournamentId};
pub use knowledge::{CantTell, Claim, Knowledge, Opening, Verdict, judge};
pub use player::{Decision, Doubt, Subject, decide};
pub use trace::Trace;
pub use views::{
    Account, BatchState, BatchView, Board, CommitmentView, MatchView, Side, Stage, TournamentView,
};
