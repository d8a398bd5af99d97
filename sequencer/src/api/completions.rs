//! Completions.

use super::{
    ApiError, ApiState, keys,
    on_chain::{self, OnChain},
    scores,
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::HeaderMap,
};
use gavel_engine::Outcome;
use gavel_primitives::{Params, Status, StopError, StopText, StopTexts};
use gavel_program::Header;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Most log-probabilities at a place.
const MOST_SCORES: u32 = 20;
/// OpenAI's default.
const DEFAULT_MAX_TOKENS: u32 = 16;
/// The hub's highest temperature, in thousandths.
const MAX_TEMPERATURE: u32 = 100_000;
/// The hub's highest repetition penalty, in thousandths.
const MAX_REPETITION_PENALTY: u32 = 10_000;
/// The hub's highest magnitude of the other penalties, in thousandths.
const MAX_PENALTY: i32 = 2000;

/// What is asked, in OpenAI's form. Fields that ask for what there isn't are refused, others are not looked at.
#[derive(Debug, Deserialize)]
pub(super) struct CompletionRequest {
    model: String,
    prompt: Prompt,
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    min_p: Option<f64>,
    repetition_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    seed: Option<u64>,
    n: Option<u32>,
    best_of: Option<u32>,
    stream: Option<bool>,
    echo: Option<bool>,
    logprobs: Option<u32>,
    stop: Option<Stop>,
    suffix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Prompt {
    Text(String),
    Texts(Vec<String>),
}

/// One text before which the answer ends, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    Text(String),
    Texts(Vec<String>),
}

impl Stop {
    fn texts(&self) -> Result<StopTexts, StopError> {
        let texts = match self {
            Stop::Text(text) => std::slice::from_ref(text),
            Stop::Texts(texts) => texts,
        };
        StopText::all(texts.iter().map(String::as_bytes))
    }
}

/// Answers a prompt at once. Where keys are set the same is asked on chain, paid by the operator.
pub(super) async fn complete(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Json<CompletionRequest>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let caller = keys::caller(&state, &headers)?;
    let Json(request) = body?;
    request.refuse_unsupported()?;
    if request.model != state.config().model {
        return Err(ApiError::NotFound { what: "model" });
    }
    let params = request.params(&state.parts().answers.program().header)?;
    let request_scores = request.scores()?;
    let prompt = request.prompt(&state.parts().answers.program().header)?;
    state.count(caller)?;
    // The transaction waits for its block while the answer is computed.
    let sent = match state.config().keys.is_empty() {
        true => None,
        false => Some(on_chain::ask(&state, &prompt, &params).await?),
    };
    let (outcome, pieces) = state.compute(prompt, params, request_scores).await?;
    let on_chain = match sent {
        Some(hash) => Some(on_chain::included(&state, hash).await?),
        None => None,
    };
    let program = state.parts().answers.program();
    let scores = request_scores.map(|_| scores::of(program, &pieces));
    response(&state, &params, &outcome, scores, on_chain).map(Json)
}

impl CompletionRequest {
    fn refuse_unsupported(&self) -> Result<(), ApiError> {
        let asked = [
            ("n", self.n.is_some_and(|n| n != 1)),
            ("best_of", self.best_of.is_some_and(|n| n != 1)),
            ("stream", self.stream == Some(true)),
            ("echo", self.echo == Some(true)),
            ("suffix", self.suffix.is_some()),
        ];
        match asked.into_iter().find(|(_, is_asked)| *is_asked) {
            Some((param, _)) => Err(ApiError::parameter(
                param,
                format!("{param} is not supported"),
            )),
            None => Ok(()),
        }
    }

    /// How many tokens' log-probabilities are wanted beside those of the chosen ones.
    fn scores(&self) -> Result<Option<u32>, ApiError> {
        match self.logprobs {
            Some(count) if count > MOST_SCORES => {
                let message = format!("logprobs is {count}, not in 0..={MOST_SCORES}");
                Err(ApiError::parameter("logprobs", message))
            }
            count => Ok(count),
        }
    }

    /// The parameters as a request on chain carries them. Without a seed one is drawn.
    fn params(&self, header: &Header) -> Result<Params, ApiError> {
        let max_tokens = self
            .max_tokens
            .unwrap_or(DEFAULT_MAX_TOKENS.min(header.context));
        if max_tokens == 0 || max_tokens > header.context {
            let message = format!("max_tokens is {max_tokens}, not in 1..={}", header.context);
            return Err(ApiError::parameter("max_tokens", message));
        }
        let stop = self.stop.as_ref().map(Stop::texts).transpose();
        let penalty = |param, value| signed_thousandths(param, value, MAX_PENALTY);
        Ok(Params {
            max_tokens,
            temperature: thousandths("temperature", self.temperature, 0, MAX_TEMPERATURE)?,
            top_k: self.top_k.unwrap_or(0),
            top_p: thousandths("top_p", self.top_p, 1, 1000)?,
            min_p: thousandths("min_p", self.min_p.or(Some(0.0)), 0, 1000)?,
            repetition_penalty: thousandths(
                "repetition_penalty",
                self.repetition_penalty,
                1,
                MAX_REPETITION_PENALTY,
            )?,
            frequency_penalty: penalty("frequency_penalty", self.frequency_penalty)?,
            presence_penalty: penalty("presence_penalty", self.presence_penalty)?,
            seed: self.seed.unwrap_or_else(rand::random),
            stop: stop
                .map_err(|error| ApiError::parameter("stop", error.to_string()))?
                .unwrap_or_default(),
        })
    }

    fn prompt(self, header: &Header) -> Result<Vec<u8>, ApiError> {
        let text = match self.prompt {
            Prompt::Text(text) => text,
            Prompt::Texts(mut texts) if texts.len() == 1 => texts.remove(0),
            Prompt::Texts(_) => {
                return Err(ApiError::parameter("prompt", "one prompt a request"));
            }
        };
        let limit = header.max_prompt_bytes;
        match text.len() {
            0 => Err(ApiError::parameter("prompt", "the prompt is empty")),
            got if got > limit as usize => {
                let message = format!("the prompt has {got} bytes, the model takes {limit}");
                Err(ApiError::parameter("prompt", message))
            }
            _ => Ok(text.into_bytes()),
        }
    }
}

/// A number, 0 if it isn't given, in thousandths of a magnitude up to `most`.
fn signed_thousandths(param: &'static str, value: Option<f64>, most: i32) -> Result<i32, ApiError> {
    let scaled = (value.unwrap_or(0.0) * 1000.0).round();
    // NaN is in no range.
    if !(f64::from(-most)..=f64::from(most)).contains(&scaled) {
        let message = format!("{param} is not in -{most}..={most} thousandths");
        return Err(ApiError::parameter(param, message));
    }
    Ok(scaled as i32)
}

/// A number, 1 if it isn't given, in thousandths within `low..=high`.
fn thousandths(
    param: &'static str,
    value: Option<f64>,
    low: u32,
    high: u32,
) -> Result<u32, ApiError> {
    let scaled = (value.unwrap_or(1.0) * 1000.0).round();
    // NaN is in no range.
    if !(f64::from(low)..=f64::from(high)).contains(&scaled) {
        let message = format!("{param} is not in {low}..={high} thousandths");
        return Err(ApiError::parameter(param, message));
    }
    Ok(scaled as u32)
}

fn response(
    state: &ApiState,
    params: &Params,
    outcome: &Outcome,
    scores: Option<Value>,
    on_chain: Option<OnChain>,
) -> Result<Value, ApiError> {
    let finish = match outcome.status.named() {
        Some(Status::Stop) => "stop",
        Some(Status::PromptTooLong) => {
            return Err(ApiError::parameter(
                "prompt",
                "the prompt has more tokens than the context",
            ));
        }
        Some(Status::EmptyPrompt) => {
            return Err(ApiError::parameter("prompt", "the prompt has no token"));
        }
        _ => "length",
    };
    let (asked, told) = (outcome.prompt_tokens.len(), outcome.tokens.len());
    let transaction = on_chain.as_ref().map(|there| there.transaction.to_string());
    let request_id = on_chain.and_then(|there| there.request_id);
    Ok(json!({
        "id": format!("cmpl-{:032x}", rand::random::<u128>()),
        "object": "text_completion",
        "created": SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        "model": state.config().model,
        "choices": [{
            "index": 0,
            "text": String::from_utf8_lossy(&outcome.output),
            "logprobs": scores,
            "finish_reason": finish,
        }],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": told,
            "total_tokens": asked + told,
        },
        "gavel": {
            "final": false,
            "program_id": state.parts().answers.program().id.to_string(),
            "lane": state.parts().lane,
            "seed": params.seed,
            "request_id": request_id.map(|id| id.to_string()),
            "transaction": transaction,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_thousandths_or_are_refused() {
        let of = |value| thousandths("top_p", value, 1, 1000).ok();
        assert_eq!(of(None), Some(1000));
        assert_eq!(of(Some(0.95)), Some(950));
        assert_eq!(of(Some(0.001)), Some(1));
        let penalty = |value| signed_thousandths("presence_penalty", value, 2000).ok();
        assert_eq!(penalty(None), Some(0));
        assert_eq!(penalty(Some(-1.25)), Some(-1250));
        assert_eq!(penalty(Some(-2.0)), Some(-2000));
        for refused in [-2.001, 2.001, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(penalty(Some(refused)), None, "{refused}");
        }
        for refused in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY] {
            assert_eq!(of(Some(refused)), None, "{refused}");
        }
    }
}
