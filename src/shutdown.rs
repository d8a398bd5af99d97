//! Ends daemons cleanly on SIGINT and SIGTERM.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first of both signals.
///
/// # Errors
/// When signals can't be listened to.
pub(crate) fn on_signal() -> Result<CancellationToken> {
    let context = "signals can't be listened to";
    let mut interrupt = signal(SignalKind::interrupt()).context(context)?;
    let mut terminate = signal(SignalKind::terminate()).context(context)?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!(target: "gavel", signal = name, "stopping");
        cancelled.cancel();
    });
    Ok(token)
}
