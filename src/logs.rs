//! Where daemons log: standard error, one line for each change of state.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Names what is logged, as in `info,chain=debug`.
const VARIABLE: &str = "GAVEL_LOG";

/// Starts logging; GAVEL_LOG says how much, else changes of state and warnings.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
