//! The loop around the passes.

use crate::{Verifier, VerifierError};
use alloy::providers::Provider;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Repeats passes every `poll` until `cancel`. A pass that fails is tried again: a watcher does not end because its node did.
///
/// # Errors
/// [`VerifierError`] when what an earlier run left under way can't be waited for.
pub async fn run<P: Provider + Clone>(
    mut verifier: Verifier<P>,
    poll: Duration,
    cancel: CancellationToken,
) -> Result<(), VerifierError> {
    verifier.settle().await?;
    while !cancel.is_cancelled() {
        let idle = match verifier.tick().await {
            Ok(done) => done.is_empty(),
            Err(error) => {
                tracing::error!(target: "verifier", %error, "pass failed; trying again");
                true
            }
        };
        if idle {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
    }
    Ok(())
}
