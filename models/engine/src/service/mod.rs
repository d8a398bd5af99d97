//! Requests of many threads, answered together by a thread of its own (`desk`).

mod desk;

use crate::batch::scheduler::Scheduler;
use crate::{Capacity, CapacityError, Engine, Outcome, Piece, StateError};
use desk::{Desk, Order};
use gavel_primitives::Params;
use rayon::ThreadPool;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use thiserror::Error;

/// Why a request has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServiceError {
    /// It can't start.
    #[error(transparent)]
    Refused(#[from] StateError),
    /// Its computation panicked, also where it was the only one.
    #[error("the computation panicked: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The service ended first.
    #[error("the service was stopped")]
    Stopped,
}

/// What is heard of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A token was generated.
    Token(Piece),
    /// The end: nothing is heard after it.
    Ended(Result<Outcome, ServiceError>),
}

/// A thread that answers requests of one program, many at a time. When it is dropped it ends after the pass that is under way, and so do
/// its requests.
pub struct Service {
    orders: Option<Mutex<Sender<Order>>>,
    thread: Option<JoinHandle<()>>,
}

/// A request under way. When it is dropped the request is called off.
pub struct Answering {
    heard: Receiver<Heard>,
    gone: Arc<AtomicBool>,
}

impl Service {
    /// Makes the weights ready and starts the thread; it computes in `pool`, or in the global one.
    ///
    /// # Errors
    /// [`CapacityError`].
    ///
    /// # Panics
    /// If there is no thread to be had.
    pub fn start(
        engine: Arc<Engine>,
        pool: Option<ThreadPool>,
        capacity: Capacity,
    ) -> Result<Self, CapacityError> {
        in_pool(pool.as_ref(), || {
            Scheduler::new(&engine, capacity).map(drop)
        })?;
        let (sender, orders) = channel();
        let thread = thread::Builder::new().name("answers".into());
        let thread = thread.spawn(move || {
            Desk::new(orders).serve(&engine, pool.as_ref(), capacity);
        });
        Ok(Service {
            orders: Some(Mutex::new(sender)),
            thread: Some(thread.expect("a thread can be had")),
        })
    }

    /// Asks for an answer.
    pub fn ask(&self, prompt: &[u8], params: &Params) -> Answering {
        self.ask_scored(prompt, params, None)
    }

    /// Asks for an answer, with each token's scores and those of so many of the most probable ones at its place.
    pub fn ask_scored(&self, prompt: &[u8], params: &Params, scored: Option<u32>) -> Answering {
        let (tell, heard) = channel();
        let gone = Arc::new(AtomicBool::new(false));
        let order = Order::new(prompt, params, scored, tell, Arc::clone(&gone));
        if let Some(orders) = &self.orders {
            let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
            // Where the thread has ended the order goes, and its channel's other side says so.
            drop(orders.send(order));
        }
        Answering { heard, gone }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Answering {
    /// Waits for what is heard next.
    pub fn hear(&mut self) -> Heard {
        let stopped = Heard::Ended(Err(ServiceError::Stopped));
        self.heard.recv().unwrap_or(stopped)
    }

    /// The same, but gives up after a while.
    pub fn hear_within(&mut self, time: Duration) -> Option<Heard> {
        match self.heard.recv_timeout(time) {
            Ok(heard) => Some(heard),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Heard::Ended(Err(ServiceError::Stopped))),
        }
    }

    /// Waits for the end. `on_token` is told of every token as it comes.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn wait(mut self, mut on_token: impl FnMut(u32)) -> Result<Outcome, ServiceError> {
        loop {
            match self.hear() {
                Heard::Token(piece) => on_token(piece.token),
                Heard::Ended(ended) => return ended,
            }
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

/// Calls on a thread of the pool, or of the global one.
fn in_pool<T: Send>(pool: Option<&ThreadPool>, call: impl FnOnce() -> T + Send) -> T {
    match pool {
        Some(pool) => pool.install(call),
        None => rayon::scope(|_| call()),
    }
}
