//! Ctrl-C: the first one ends the answer that is under way, one at any other time ends the process.

use super::INTERRUPTED;
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

/// What the listening thread is told, and tells.
#[derive(Default)]
struct State {
    answering: AtomicBool,
    interrupted: AtomicBool,
}

/// Listens to SIGINT in a thread of its own.
pub(super) struct Interrupts(Arc<State>);

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// When signals can't be listened to.
    pub(super) fn listen() -> Result<Self> {
        let state = Arc::new(State::default());
        let heard = Arc::clone(&state);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let mut interrupts = {
            let _guard = runtime.enter();
            signal(SignalKind::interrupt()).context("signals can't be listened to")?
        };
        thread::spawn(move || {
            runtime.block_on(async {
                while interrupts.recv().await.is_some() {
                    let answering = heard.answering.load(Ordering::Relaxed);
                    if !answering || heard.interrupted.swap(true, Ordering::Relaxed) {
                        std::process::exit(INTERRUPTED);
                    }
                }
            });
        });
        Ok(Interrupts(state))
    }

    /// An answer begins.
    pub(super) fn begin(&self) {
        self.0.interrupted.store(false, Ordering::Relaxed);
        self.0.answering.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub(super) fn interrupted(&self) -> bool {
        self.0.interrupted.load(Ordering::Relaxed)
    }

    /// It has ended.
    pub(super) fn end(&self) {
        self.0.answering.store(false, Ordering::Relaxed);
    }
}
