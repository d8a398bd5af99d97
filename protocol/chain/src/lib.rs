//! The chain as the daemons see it.
//!
//! - [`bindings`]: the contracts' calls, events and errors, generated from the committed artifacts
//! - [`deploy()`], [`Deployment`], [`Settings`]: putting a rollup on a chain and finding it again
//! - [`LogReader`]: logs that follow a chain which takes blocks back
//! - [`InboxReader`]: programs, lanes and requests
//! - [`BoardReader`]: the player's board as of the chain's head
//! - [`Caller`], [`Call`]: a player's actions as contract calls
//! - [`Sender`]: one account's nonces, fees and receipts
//! - [`Refusal`], [`SendError`], [`ChainError`]: what contracts and nodes refuse, decoded
pub mod bindings;
mod board;
mod call;
pub mod convert;
mod deploy;
mod deployment;
mod error;
mod inbox;
mod log;
mod refusal;
pub mod rollup;
mod sender;
mod settings;

pub use board::{BoardReader, check};
pub use call::{Call, Caller};
pub use deploy::deploy;
pub use deployment::{Deployment, JoinBonds};
pub use error::{ChainError, SendError};
pub use inbox::{Inbox, InboxEntry, InboxReader, Lane, RegisteredProgram};
pub use log::{Head, LogReader, Refreshed};
pub use refusal::Refusal;
pub use sender::{FeePolicy, GasLedger, Sender, Sent, Spent};
pub use settings::{KindSettings, Settings};
