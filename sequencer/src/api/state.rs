//! What the routes share.

use super::{ApiError, rate::RateLimit};
use crate::{Answers, ApiConfig, Poster, Sequencer, store::Stores};
use alloy::providers::DynProvider;
use gavel_chain::{Deployment, rollup::RollupReader};
use gavel_engine::{Outcome, Piece};
use gavel_primitives::Params;
use std::{sync::Arc, time::Instant};
use tokio::sync::Semaphore;

/// What the API shares with the passes.
pub(crate) struct Parts {
    pub(crate) provider: DynProvider,
    pub(crate) answers: Arc<dyn Answers>,
    pub(crate) stores: Stores,
    pub(crate) poster: Arc<Poster>,
    pub(crate) reader: RollupReader<DynProvider>,
    pub(crate) deployment: Deployment,
    pub(crate) lane: u64,
    pub(crate) batch_depth: u8,
}

/// State of the API.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

struct Shared {
    config: ApiConfig,
    parts: Parts,
    rate: RateLimit,
    /// Completions asked for at once; more would wait in the queue of the requests from the chain.
    turns: Semaphore,
}

impl ApiState {
    /// The state of the API beside a sequencer, whose account pays for requests.
    pub fn new(config: ApiConfig, sequencer: &Sequencer) -> Self {
        ApiState(Arc::new(Shared {
            rate: RateLimit::new(config.per_minute),
            parts: sequencer.parts(),
            turns: Semaphore::new(sequencer.config().concurrent.max(1)),
            config,
        }))
    }

    pub(super) fn config(&self) -> &ApiConfig {
        &self.0.config
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// Takes one completion out of the caller's allowance.
    pub(super) fn count(&self, caller: &str) -> Result<(), ApiError> {
        self.0
            .rate
            .take(caller, Instant::now())
            .map_err(|retry_after_s| ApiError::TooManyRequests { retry_after_s })
    }

    /// Computes an answer off the async threads; gives its tokens too, with the scores that are asked for.
    pub(super) async fn compute(
        &self,
        prompt: Vec<u8>,
        params: Params,
        scored: Option<u32>,
    ) -> Result<(Outcome, Vec<Piece>), ApiError> {
        let _turn = self.0.turns.acquire().await.map_err(ApiError::internal)?;
        let answers = self.0.parts.answers.clone();
        let follow = move || {
            let mut pieces = Vec::new();
            let outcome = answers.follow(&prompt, &params, scored, &mut |piece| pieces.push(piece));
            outcome.map(|outcome| (outcome, pieces))
        };
        tokio::task::spawn_blocking(follow)
            .await
            .map_err(ApiError::internal)?
            .map_err(ApiError::internal)
    }
}
