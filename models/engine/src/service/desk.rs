//! The thread that answers a service's orders.

use super::{Heard, ServiceError, in_pool};
use crate::batch::scheduler::{Scheduler, Ticket, Told};
use crate::{Capacity, Engine};
use gavel_primitives::Params;
use rayon::ThreadPool;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};

/// A request as it reaches the thread.
pub(super) struct Order {
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
pub(super) struct Desk {
    orders: Receiver<Order>,
    open: HashMap<Ticket, Open>,
    /// Orders that were under way when something panicked: each has its turn alone, so that one can't take others along.
    suspects: VecDeque<Order>,
}

impl Desk {
    /// No order has come.
    pub(super) fn new(orders: Receiver<Order>) -> Self {
        Desk {
            orders,
            open: HashMap::new(),
            suspects: VecDeque::new(),
        }
    }

    /// Answers orders until nobody can send one.
    pub(super) fn serve(mut self, engine: &Engine, pool: Option<&ThreadPool>, capacity: Capacity) {
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
    /// A request that is to be answered to `tell` until it is `gone`.
    pub(super) fn new(
        prompt: &[u8],
        params: &Params,
        scored: Option<u32>,
        tell: Sender<Heard>,
        gone: Arc<AtomicBool>,
    ) -> Self {
        Order {
            prompt: prompt.to_vec(),
            params: *params,
            scored,
            tell,
            gone,
            told: 0,
        }
    }

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
