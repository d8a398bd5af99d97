//! Passes one after the other until they are called off.

use crate::{Event, Sequencer, SequencerError, api};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

impl Sequencer {
    /// Makes passes, and serves the API if the settings have one, until `cancel` is cancelled.
    ///
    /// # Errors
    /// [`SequencerError`] that trying again can't mend; a node that fails is asked again.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), SequencerError> {
        let Some(config) = self.config().api.clone() else {
            return self.pass_after_pass(&cancel).await;
        };
        let listener = tokio::net::TcpListener::bind(config.listen)
            .await
            .map_err(SequencerError::Api)?;
        let at = listener.local_addr().map_err(SequencerError::Api)?;
        tracing::info!(target: "api", %at, "listening");
        let router = api::router(api::ApiState::new(config, &self));
        // One that ends takes the other along.
        let stop = cancel.child_token();
        let _guard = stop.clone().drop_guard();
        let served = async {
            let result = axum::serve(listener, router)
                .with_graceful_shutdown(stop.clone().cancelled_owned())
                .await;
            stop.cancel();
            result.map_err(SequencerError::Api)
        };
        let passed = async {
            let result = self.pass_after_pass(&stop).await;
            stop.cancel();
            result
        };
        let (served, passed) = tokio::join!(served, passed);
        passed.and(served)
    }

    async fn pass_after_pass(&mut self, cancel: &CancellationToken) -> Result<(), SequencerError> {
        let poll = Duration::from_millis(self.config().poll_ms.max(1));
        let passes = async {
            loop {
                match self.tick().await {
                    Ok(_) => {}
                    Err(error) if error.is_passing() => {
                        tracing::warn!(target: "sequencer", error = &error as &dyn std::error::Error, "a pass failed");
                    }
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(poll).await;
            }
        };
        // A pass may be left anywhere: what it sent is written down, and the next start goes on from there.
        match cancel.run_until_cancelled(passes).await {
            Some(failed) => failed,
            None => Ok(()),
        }
    }
}

/// One line for each change of state.
pub(crate) fn log(event: &Event) {
    match event {
        Event::Asked { id, index } => {
            tracing::info!(target: "sequencer", %id, index, "asked");
        }
        Event::Answered { id, status } => {
            tracing::info!(target: "sequencer", %id, ?status, "answered");
        }
        Event::CantTell { id, cause } => {
            tracing::error!(target: "sequencer", %id, cause, "can't tell the answer");
        }
        Event::Sent { purpose, hash } => {
            tracing::info!(target: "sequencer", %purpose, %hash, "sent");
        }
        Event::Included {
            purpose,
            hash,
            success: true,
        } => tracing::info!(target: "sequencer", purpose, %hash, "included"),
        Event::Included { purpose, hash, .. } => {
            tracing::warn!(target: "sequencer", purpose, %hash, "reverted");
        }
        Event::NotSent { purpose, cause } => {
            tracing::debug!(target: "sequencer", %purpose, cause, "not sent");
        }
        Event::BondTooSmall { free, needed } => {
            tracing::warn!(target: "sequencer", free, needed, "the free bond is too small to propose");
        }
        Event::ForeignRoot { batch } => {
            tracing::error!(target: "sequencer", batch, "a batch is final with another root than computed here");
        }
        Event::GivenUp { id, failures } => {
            tracing::warn!(target: "sequencer", %id, failures, "the callback fails, left alone");
        }
        Event::NoPlayer => {
            tracing::warn!(target: "sequencer", "no bonded watcher is seen: a wrong batch would stand");
        }
    }
}
