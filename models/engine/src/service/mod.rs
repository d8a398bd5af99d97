//! Requests of many threads, answered together by a thread of its own.

use crate::batch::scheduler::{Capacity, CapacityError, Scheduler, Ticket, Told};
use crate::{Engine, Outcome, Piece, StateError};
use gavel_primitives::Params;
use rayon::ThreadPool;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
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
        let order = Order {
            prompt: prompt.to_vec(),
            params: *params,
            scored,
            tell,
            gone: Arc::clone(&gone),
            told: 0,
        };
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

/// A request as it reaches the thread.
struct Order {
    prompt: Vec<u8>,
    params: Params,
    scored: Option<u32>,
    tell: Sender<Heard>,
    /// Whether nobody waits for it any more.
    gone: Arc<AtomicBool>,
    /// Tokens that it was told of.
    told: usize,
}

/// An order that is under way.
struct Open {
    order: Order,
    /// Tokens since it was asked for; fewer than it was told of if it was begun again after a panic.
    tokens: usize,
}

/// The thread's view of its orders.
struct Desk {
    orders: Receiver<Order>,
    open: HashMap<Ticket, Open>,
    /// Orders that were under way when something panicked: each has its turn alone, so that one can't take others along.
    suspects: VecDeque<Order>,
}

impl Desk {
    fn new(orders: Receiver<Order>) -> Self {
        Desk {
            orders,
            open: HashMap::new(),
            suspects: VecDeque::new(),
        }
    }

    /// Answers orders until nobody can send one.
    fn serve(mut self, engine: &Engine, pool: Option<&ThreadPool>, capacity: Capacity) {
        loop {
            let served = AssertUnwindSafe(|| self.answer_all(engine, pool, capacity));
            match catch_unwind(served) {
                Ok(()) => return,
                Err(panic) => self.suspect(&*panic),
            }
        }
    }

    /// # Panics
    /// Where the executor does.
    fn answer_all(&mut self, engine: &Engine, pool: Option<&ThreadPool>, capacity: Capacity) {
        let scheduler = in_pool(pool, || Scheduler::new(engine, capacity));
        let mut scheduler = scheduler.expect("the capacity sufficed when the service started");
        loop {
            let suspected = self.suspects.pop_front();
            let alone = suspected.is_some();
            let Some(order) = suspected.or_else(|| self.orders.recv().ok()) else {
                return;
            };
            self.begin(&mut scheduler, order);
            let stopped = in_pool(pool, || self.answer_open(&mut scheduler, alone));
            if stopped {
                return;
            }
        }
    }

    /// Makes passes until no order is open, others come in between if they may; `true` if nobody can send one any more.
    fn answer_open(&mut self, scheduler: &mut Scheduler<'_>, alone: bool) -> bool {
        while scheduler.open() > 0 {
            if !alone && self.take_orders(scheduler) {
                return true;
            }
            self.call_off(scheduler);
            scheduler.pass(|ticket, told| self.tell(ticket, told));
        }
        false
    }

    /// Begins the orders that have come; `true` if nobody can send one any more.
    fn take_orders(&mut self, scheduler: &mut Scheduler<'_>) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(order) => self.begin(scheduler, order),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    fn begin(&mut self, scheduler: &mut Scheduler<'_>, order: Order) {
        let ticket = scheduler.ask_scored(&order.prompt, order.params, order.scored);
        self.open.insert(ticket, Open { order, tokens: 0 });
    }

    /// Forgets those that nobody waits for.
    fn call_off(&mut self, scheduler: &mut Scheduler<'_>) {
        self.open.retain(|ticket, open| {
            let gone = open.order.gone.load(Ordering::Relaxed);
            if gone {
                scheduler.cancel(*ticket);
            }
            !gone
        });
    }

    fn tell(&mut self, ticket: Ticket, told: Told) {
        match told {
            Told::Token(piece) => {
                let Some(open) = self.open.get_mut(&ticket) else {
                    return;
                };
                open.tokens += 1;
                if open.tokens > open.order.told {
                    open.order.told = open.tokens;
                    open.order.say(Heard::Token(piece));
                }
            }
            Told::Ended(ended) => {
                if let Some(open) = self.open.remove(&ticket) {
                    let ended = ended.map_err(ServiceError::from);
                    open.order.say(Heard::Ended(ended));
                }
            }
        }
    }

    /// After a panic: the only order that was open caused it; of several each is tried alone.
    fn suspect(&mut self, panic: &(dyn Any + Send)) {
        let mut open: Vec<(Ticket, Open)> = self.open.drain().collect();
        open.sort_by_key(|(ticket, _)| *ticket);
        if let [(_, only)] = &open[..] {
            let message = message(panic);
            let ended = Err(ServiceError::Panicked { message });
            only.order.say(Heard::Ended(ended));
            return;
        }
        let orders = open.into_iter().map(|(_, open)| open.order);
        self.suspects.extend(orders);
    }
}

impl Order {
    fn say(&self, heard: Heard) {
        // Where nobody listens there is nobody to tell.
        drop(self.tell.send(heard));
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}

/// Calls on a thread of the pool, or of the global one.
fn in_pool<T: Send>(pool: Option<&ThreadPool>, call: impl FnOnce() -> T + Send) -> T {
    match pool {
        Some(pool) => pool.install(call),
        None => rayon::scope(|_| call()),
    }
}
