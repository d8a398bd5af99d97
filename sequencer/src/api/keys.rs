//! Who may ask.

use super::{ApiError, ApiState};
use axum::http::{HeaderMap, header};
use gavel_primitives::keccak;

/// The name of the caller, or of everybody where no keys are set.
///
/// # Errors
/// [`ApiError::Unauthorized`] where keys are set and the caller has none of them.
pub(super) fn caller<'a>(state: &'a ApiState, headers: &HeaderMap) -> Result<&'a str, ApiError> {
    let keys = &state.config().keys;
    if keys.is_empty() {
        return Ok("everybody");
    }
    let given = bearer(headers).ok_or(ApiError::Unauthorized)?;
    // Hashes are compared, so that the time it takes tells nothing about a key.
    let given = keccak(given.as_bytes());
    keys.iter()
        .find(|known| keccak(known.key.as_bytes()) == given)
        .map(|known| known.name.as_str())
        .ok_or(ApiError::Unauthorized)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}
