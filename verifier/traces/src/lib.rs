//! The traces of every level: the one place where engine and machine meet.
//!
//! A [`Library`] holds programs and requests and answers everything that a player asks
//! ([`gavel_dispute::Knowledge`]): batches from the engine's answers ([`batch`]), executions from its
//! commitments ([`execution`]), tiles from machine runs ([`tile`]), and the proofs that open one into the next
//! ([`opening`]).
pub mod batch;
pub mod execution;
pub mod library;
pub mod opening;
pub mod tile;

pub use execution::{Committed, Moment};
pub use library::{Data, Deviation, Drafts, Honest, KnownRequest, Library, NoDrafts};
pub use tile::{MachineRun, Tile};
