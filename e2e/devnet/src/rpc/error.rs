//! JSON-RPC errors: the codes of the specification, and for the rest those of other nodes.

use alloy::primitives::{Bytes, hex};
use alloy::sol_types::{Panic, Revert, SolError};
use serde_json::{Value, json};

use crate::chain::{CallFailed, LogsFailed, TimestampTooLow, TxRejected, UnknownBlock};

/// The request is no JSON.
const PARSE_ERROR: i64 = -32_700;
/// The request is JSON but no JSON-RPC request.
const INVALID_REQUEST: i64 = -32_600;
/// There is no such method.
const METHOD_NOT_FOUND: i64 = -32_601;
/// The method does not take these parameters.
const INVALID_PARAMS: i64 = -32_602;
/// The node itself failed.
const INTERNAL: i64 = -32_603;
/// The node understood and refuses: bad transactions, unknown blocks, failed calls.
const SERVER: i64 = -32_000;
/// The contract reverted; its return data is in `data` (go-ethereum's convention).
const REVERTED: i64 = 3;

/// The `error` member of a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// What kind of error.
    pub code: i64,
    /// What is wrong, for people.
    pub message: String,
    /// What a contract returned when it reverted.
    pub data: Option<Bytes>,
}

impl RpcError {
    fn new(code: i64, message: impl ToString) -> Self {
        Self {
            code,
            message: message.to_string(),
            data: None,
        }
    }

    /// The body is not JSON.
    pub fn parse(error: &serde_json::Error) -> Self {
        Self::new(PARSE_ERROR, format!("parse error: {error}"))
    }

    /// The body is not a request.
    pub fn invalid_request(why: &str) -> Self {
        Self::new(INVALID_REQUEST, format!("invalid request: {why}"))
    }

    /// No such method.
    pub fn unknown_method(method: &str) -> Self {
        Self::new(
            METHOD_NOT_FOUND,
            format!("the method {method} does not exist/is not available"),
        )
    }

    /// Parameters that the method does not take.
    pub fn invalid_params(why: impl ToString) -> Self {
        Self::new(INVALID_PARAMS, why)
    }

    /// The chain behind the server has gone.
    pub fn internal(why: &str) -> Self {
        Self::new(INTERNAL, format!("internal error: {why}"))
    }

    /// The error as JSON.
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = json!(hex::encode_prefixed(data));
        }
        error
    }

    fn reverted(output: Bytes) -> Self {
        let message = match revert_reason(&output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".into(),
        };
        Self {
            code: REVERTED,
            message,
            data: Some(output),
        }
    }
}

/// The text of Solidity's `Error(string)` or the meaning of its `Panic(uint256)`.
fn revert_reason(output: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(output) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(output).ok()?;
    Some(
        panic
            .kind()
            .map_or_else(|| panic.code.to_string(), |kind| kind.as_str().into()),
    )
}

impl From<TxRejected> for RpcError {
    fn from(error: TxRejected) -> Self {
        Self::new(SERVER, error)
    }
}

impl From<UnknownBlock> for RpcError {
    fn from(error: UnknownBlock) -> Self {
        Self::new(SERVER, error)
    }
}

impl From<TimestampTooLow> for RpcError {
    fn from(error: TimestampTooLow) -> Self {
        Self::new(INVALID_PARAMS, error)
    }
}

impl From<LogsFailed> for RpcError {
    fn from(error: LogsFailed) -> Self {
        let code = match error {
            LogsFailed::Range { .. } => INVALID_PARAMS,
            LogsFailed::UnknownBlock(_) => SERVER,
        };
        Self::new(code, error)
    }
}

impl From<CallFailed> for RpcError {
    fn from(error: CallFailed) -> Self {
        match error {
            CallFailed::Reverted { output } => Self::reverted(output),
            CallFailed::Unsupported { .. } | CallFailed::AmbiguousInput => {
                Self::new(INVALID_PARAMS, error)
            }
            other => Self::new(SERVER, other),
        }
    }
}
