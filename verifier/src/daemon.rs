//! The loop around the passes.

use crate::{Attestation, Done, Verifier, VerifierError};
use alloy::providers::Provider;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a verifier runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time between passes that found nothing to do.
    pub poll: Duration,
    /// The lane to attest to, if any.
    pub attest_to: Option<u64>,
}

/// Repeats passes until `cancel`. A pass that fails is tried again: a watcher does not end because its node did. What a pass
/// has under way when it is cancelled is seen at the next start.
///
/// # Errors
/// [`VerifierError`] when what an earlier run left under way can't be waited for.
pub async fn run<P: Provider + Clone>(
    mut verifier: Verifier<P>,
    settings: Settings,
    cancel: CancellationToken,
) -> Result<(), VerifierError> {
    let passes = async {
        verifier.settle().await?;
        pass_after_pass(&mut verifier, settings).await
    };
    match cancel.run_until_cancelled(passes).await {
        Some(failed) => failed,
        None => Ok(()),
    }
}

async fn pass_after_pass<P: Provider + Clone>(
    verifier: &mut Verifier<P>,
    settings: Settings,
) -> Result<(), VerifierError> {
    let (mut lane, mut said) = (settings.attest_to, None);
    loop {
        if !pass(verifier).await {
            if let Some(open) = lane {
                lane = attest(verifier, open, &mut said).await;
            }
            tokio::time::sleep(settings.poll).await;
        }
    }
}

/// One pass; whether it had an effect.
async fn pass<P: Provider + Clone>(verifier: &mut Verifier<P>) -> bool {
    let had_effect = |done: &Done| done.result.is_ok();
    match verifier.tick().await {
        Ok(done) => done.iter().any(had_effect),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(target: "verifier", error, "a pass failed; trying again");
            false
        }
    }
}

/// Tries to attest; gives the lane if that is to be tried again. Says once why it isn't done.
async fn attest<P: Provider + Clone>(
    verifier: &mut Verifier<P>,
    lane: u64,
    said: &mut Option<Attestation>,
) -> Option<u64> {
    let attestation = match verifier.attest(lane).await {
        Ok(attestation) => attestation,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(target: "verifier", lane, error, "the attestation failed; trying again");
            return Some(lane);
        }
    };
    let is_news = *said != Some(attestation);
    *said = Some(attestation);
    match attestation {
        Attestation::Done => {
            tracing::info!(target: "verifier", lane, "attested");
            None
        }
        Attestation::OwnLane => {
            tracing::warn!(target: "verifier", lane, "this account owns the lane: another watcher has to attest to it");
            None
        }
        Attestation::BondTooSmall { free, needed } => {
            if is_news {
                tracing::warn!(target: "verifier", lane, free, needed, "the free bond is too small to attest: use `gavel bond add`");
            }
            Some(lane)
        }
    }
}
