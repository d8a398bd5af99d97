//! REST: OpenAI's completions over the lane's model, and requests with their proofs.
//!
//! - `GET /healthz`, `GET /readyz`: whether the process runs; whether it reaches node and store
//! - `GET /v1/models`: the model
//! - `POST /v1/completions`: an answer at once, marked as not final, and a request on chain where keys are set
//! - `GET /v1/requests/{id}`: a request's state, result and proof
mod completions;
mod error;
mod health;
mod keys;
mod models;
mod on_chain;
mod rate;
mod requests;
mod scores;
mod state;

pub use error::ApiError;
pub use state::ApiState;

pub(crate) use state::Parts;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

/// The routes.
pub fn router(state: ApiState) -> Router {
    let limit = DefaultBodyLimit::max(state.config().max_body_bytes);
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/v1/models", get(models::list))
        .route("/v1/completions", post(completions::complete))
        .route("/v1/requests/{id}", get(requests::show))
        .fallback(async || ApiError::NotFound { what: "path" })
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(limit)
        .with_state(state)
}
