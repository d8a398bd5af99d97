//! What a pass did.

use crate::Purpose;
use alloy::primitives::TxHash;
use gavel_primitives::{Hash, StatusCode};

/// One thing that a pass did or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request was seen for the first time.
    Asked {
        /// Its id.
        id: Hash,
        /// Its place in the inbox.
        index: u64,
    },
    /// An answer was computed.
    Answered {
        /// The request.
        id: Hash,
        /// How it ended.
        status: StatusCode,
    },
    /// Nothing can be told of a request: the id on chain is not that of the request as it is understood here, or its
    /// computation failed. No batch with it is proposed.
    CantTell {
        /// The request.
        id: Hash,
        /// Why, for people.
        cause: String,
    },
    /// A transaction was sent.
    Sent {
        /// What for.
        purpose: Purpose,
        /// Its hash.
        hash: TxHash,
    },
    /// A transaction was included.
    Included {
        /// What for.
        purpose: String,
        /// Its hash.
        hash: TxHash,
        /// Whether it had its effect; else it reverted.
        success: bool,
    },
    /// A transaction was not sent; it is decided anew in the next pass.
    NotSent {
        /// What for.
        purpose: Purpose,
        /// Why, for people.
        cause: String,
    },
    /// A proposal is due, but the account's free bond is too small.
    BondTooSmall {
        /// Wei that are free.
        free: u128,
        /// Wei that a proposal locks.
        needed: u128,
    },
    /// A batch is final with another root than this side computes: its requests can't be delivered from here.
    ForeignRoot {
        /// The batch.
        batch: u64,
    },
    /// A callback failed as often as it is tried.
    GivenUp {
        /// The request.
        id: Hash,
        /// How often it failed.
        failures: u32,
    },
    /// Nobody who watches this lane has a bond: a wrong batch of anyone would stand.
    NoPlayer,
}
