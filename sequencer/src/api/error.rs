//! One error type, in the form that OpenAI's clients read.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use thiserror::Error;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ApiError {
    /// A parameter is missing, malformed, out of range or not supported.
    #[error("{message}")]
    BadRequest {
        /// What is wrong.
        message: String,
        /// With which parameter.
        param: Option<&'static str>,
    },
    /// The key is missing or unknown.
    #[error("a known API key is required: Authorization: Bearer KEY")]
    Unauthorized,
    /// There is no such thing.
    #[error("no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// The path has other methods.
    #[error("the path does not have this method")]
    MethodNotAllowed,
    /// The body is too large.
    #[error("the body is too large")]
    TooLarge,
    /// The allowance is used up.
    #[error("the rate limit is reached, try again in {retry_after_s} s")]
    TooManyRequests {
        /// Seconds until the next completion is free.
        retry_after_s: u64,
    },
    /// Node or store can't be used now.
    #[error("not available now: {what}")]
    Unavailable {
        /// What can't be done.
        what: &'static str,
    },
    /// Something that the caller need not know.
    #[error("an internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// An error whose cause is logged and not shown.
    pub(super) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        ApiError::Internal(Box::new(error))
    }

    /// A parameter is wrong.
    pub(super) fn parameter(param: &'static str, message: impl Into<String>) -> Self {
        ApiError::BadRequest {
            message: message.into(),
            param: Some(param),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            ApiError::BadRequest { .. } => StatusCode::BAD_REQUEST,
            ApiError::Unauthorized => StatusCode::UNAUTHORIZED,
            ApiError::NotFound { .. } => StatusCode::NOT_FOUND,
            ApiError::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// OpenAI's word for the kind of error, and its code where it has one.
    const fn kind(&self) -> (&'static str, Option<&'static str>) {
        match self {
            ApiError::Unauthorized => ("invalid_request_error", Some("invalid_api_key")),
            ApiError::TooManyRequests { .. } => ("rate_limit_error", Some("rate_limit_exceeded")),
            ApiError::Unavailable { .. } | ApiError::Internal(_) => ("server_error", None),
            _ => ("invalid_request_error", None),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
            _ => ApiError::BadRequest {
                message: rejection.body_text(),
                param: None,
            },
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Internal(cause) = &self {
            tracing::error!(target: "api", error = &**cause as &dyn std::error::Error, "an internal error");
        }
        let (kind, code) = self.kind();
        let param = match &self {
            ApiError::BadRequest { param, .. } => *param,
            _ => None,
        };
        let body = json!({"error": {
            "message": self.to_string(),
            "type": kind,
            "param": param,
            "code": code,
        }});
        let mut response = (self.status(), Json(body)).into_response();
        if let ApiError::TooManyRequests { retry_after_s } = self {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}
