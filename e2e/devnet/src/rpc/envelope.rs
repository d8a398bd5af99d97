//! Requests, batches and responses (JSON-RPC 2.0).

use serde_json::{Value, json};

use super::error::RpcError;
use super::methods::find;
use super::params::Params;
use crate::chain::{Chain, UnixTime};

/// The most requests that one batch may have, as in go-ethereum (`BatchRequestLimit`).
pub const MAX_BATCH: usize = 1000;

/// Answers a request or a batch. `None` where there is nothing to answer: notifications alone.
pub fn respond(chain: &mut Chain, now: UnixTime, body: &[u8]) -> Option<Vec<u8>> {
    let response = match serde_json::from_slice(body) {
        Ok(Value::Array(requests)) => respond_batch(chain, now, &requests),
        Ok(request) => respond_one(chain, now, &request),
        Err(error) => Some(failure(Value::Null, &RpcError::parse(&error))),
    };
    response.map(|response| response.to_string().into_bytes())
}

/// A response that says that the chain itself failed.
pub(crate) fn internal_failure(why: &str) -> Vec<u8> {
    failure(Value::Null, &RpcError::internal(why))
        .to_string()
        .into_bytes()
}

fn respond_batch(chain: &mut Chain, now: UnixTime, requests: &[Value]) -> Option<Value> {
    let refusal = match requests.len() {
        0 => "empty batch",
        1..=MAX_BATCH => {
            let responses: Vec<_> = requests
                .iter()
                .filter_map(|request| respond_one(chain, now, request))
                .collect();
            return (!responses.is_empty()).then_some(Value::Array(responses));
        }
        _ => "batch too large",
    };
    Some(failure(Value::Null, &RpcError::invalid_request(refusal)))
}

fn respond_one(chain: &mut Chain, now: UnixTime, request: &Value) -> Option<Value> {
    let id = request.get("id").cloned();
    let method = match check_request(request) {
        Ok(method) => method,
        Err(error) => return Some(failure(id.unwrap_or_default(), &error)),
    };
    let result = call(chain, now, method, request.get("params"));
    // A request without an id is a notification: it is carried out and not answered.
    let id = id?;
    Some(match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => failure(id, &error),
    })
}

fn check_request(request: &Value) -> Result<&str, RpcError> {
    let members = request
        .as_object()
        .ok_or(RpcError::invalid_request("not an object"))?;
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(RpcError::invalid_request("jsonrpc is not \"2.0\""));
    }
    if matches!(
        members.get("id"),
        Some(Value::Object(_) | Value::Array(_) | Value::Bool(_))
    ) {
        return Err(RpcError::invalid_request("id is no string, number or null"));
    }
    let method = members.get("method").and_then(Value::as_str);
    method.ok_or(RpcError::invalid_request("no method"))
}

fn call(
    chain: &mut Chain,
    now: UnixTime,
    method: &str,
    params: Option<&Value>,
) -> Result<Value, RpcError> {
    let run = find(method).ok_or_else(|| RpcError::unknown_method(method))?;
    let result = run(chain, now, &Params::from_member(params)?);
    if let Err(error) = &result {
        tracing::debug!(target: "devnet", method, code = error.code, %error, "request failed");
    }
    result
}

fn failure(id: Value, error: &RpcError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() })
}
