//! Sending transactions from one account: nonces, fees, receipts, and what they cost.

mod fees;
mod ledger;
mod outbox;

pub use fees::FeePolicy;
pub use ledger::{GasLedger, Spent};
pub use outbox::{Sender, Sent};
