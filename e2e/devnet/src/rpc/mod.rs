//! JSON-RPC over a [`Chain`]: bytes in, bytes out, no network.

mod control;
mod envelope;
mod error;
mod fees;
mod ledger;
mod methods;
mod node;
mod params;
mod view;
mod world;

pub(crate) use self::envelope::internal_failure;
pub use self::envelope::{MAX_BATCH, respond};
pub use self::error::RpcError;
pub use self::params::{Params, Quantity};

use serde::Serialize;
use serde_json::Value;

use crate::chain::{Chain, UnixTime};

/// What a method answers.
type Answer = Result<Value, RpcError>;
/// A method: it sees the chain, the time and its parameters.
type Method = fn(&mut Chain, UnixTime, &Params) -> Answer;

/// A value as a method's answer.
fn answer(value: impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| RpcError::internal(&error.to_string()))
}
