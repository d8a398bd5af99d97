//! Requests, batches and money: what a sequencer reads and sends.
//!
//! - [`ledger`]: a lane's history, folded from logs
//! - [`views`]: what the contracts say of themselves now
//! - [`calls`]: transactions to registry, hub and rollup
pub mod calls;
pub mod ledger;
pub mod views;

pub use calls::Delivery;
pub use gavel_dispute::BatchState;
pub use ledger::{Entry, InboxRequest, LaneLedger, LedgerBatch, LedgerError, ProgramShape};
pub use views::{BatchAt, Constants, LaneView, Price, Receipt, RequestState, RollupReader};
