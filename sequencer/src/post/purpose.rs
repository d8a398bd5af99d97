//! What a transaction is for.

use gavel_primitives::Hash;
use std::fmt;

/// What a transaction is for. Two transactions for one purpose are never under way at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The lane's next batch.
    Propose {
        /// The lane.
        lane: u64,
        /// First request of the batch.
        first: u64,
    },
    /// A void batch's range again.
    Repropose {
        /// The lane.
        lane: u64,
        /// The batch.
        batch: u64,
        /// The round that ended void.
        round: u64,
    },
    /// The end of a window.
    Finalize {
        /// The lane.
        lane: u64,
        /// The batch.
        batch: u64,
        /// Its round.
        round: u64,
    },
    /// An answer to the callback before it is final.
    DeliverEarly {
        /// The request.
        id: Hash,
        /// The batch's round.
        round: u64,
    },
    /// The final answer to the callback.
    DeliverFinal {
        /// The request.
        id: Hash,
        /// Times that the callback failed before.
        failures: u32,
    },
    /// What the hub owes the account.
    Withdraw,
    /// What tournaments owe the account.
    CollectBond,
    /// The missing part of a proposal's bond, out of what tournaments paid.
    RestoreBond,
    /// A request of an API client.
    Ask {
        /// Told apart from other requests by this.
        token: u128,
    },
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Purpose::Propose { lane, first } => write!(f, "propose {lane} {first}"),
            Purpose::Repropose { lane, batch, round } => {
                write!(f, "repropose {lane} {batch} {round}")
            }
            Purpose::Finalize { lane, batch, round } => {
                write!(f, "finalize {lane} {batch} {round}")
            }
            Purpose::DeliverEarly { id, round } => write!(f, "deliver early {id} {round}"),
            Purpose::DeliverFinal { id, failures } => write!(f, "deliver final {id} {failures}"),
            Purpose::Withdraw => f.write_str("withdraw"),
            Purpose::CollectBond => f.write_str("collect bond"),
            Purpose::RestoreBond => f.write_str("restore bond"),
            Purpose::Ask { token } => write!(f, "ask {token:032x}"),
        }
    }
}
