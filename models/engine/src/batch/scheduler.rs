//! Many requests at a time: they come and go between the passes of one session, and each gets the answer that it would get alone.
//!
//! A pass computes one row of every request that generates, and rows of prompts beside them. Caches take at most a stated number of
//! bytes; what live requests leave of it keeps the caches of ended ones, for those that begin with the same tokens.

use super::capacity::{Capacity, CapacityError};
use super::flow::Flow;
use super::rooms::{Room, Rooms};
use super::session::MOST_ROWS;
use super::workshop::Row;
use crate::{Engine, Outcome, Piece, StateError};
use gavel_primitives::Params;
use std::collections::VecDeque;
use std::ops::Range;

/// A request of a scheduler, by the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What a scheduler says of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A token was generated.
    Token(Piece),
    /// It ended, or can't start. Nothing is said of it after that.
    Ended(Result<Outcome, StateError>),
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passes over the layers.
    pub passes: u64,
    /// Rows computed in them.
    pub rows: u64,
    /// Positions of prompts that another request had computed.
    pub reused: u64,
    /// The most bytes that caches took at a time.
    pub most_cache_bytes: usize,
}

/// Requests of one program, under way together.
pub struct Scheduler<'a> {
    engine: &'a Engine,
    /// None where program or executor don't compute in batches: then requests are answered one after the other.
    rooms: Option<Rooms<'a>>,
    capacity: Capacity,
    next_ticket: u64,
    waiting: VecDeque<Waiting>,
    /// The first of those that wait, with its prompt's tokens known, while there is no room for its caches.
    tokenized: Option<(Ticket, Flow<'a>)>,
    live: Vec<Live<'a>>,
    tally: Tally,
    rows: Vec<Row>,
    chosen: Vec<u32>,
}

struct Waiting {
    ticket: Ticket,
    prompt: Vec<u8>,
    params: Params,
    scored: Option<u32>,
}

/// A request that has caches.
struct Live<'a> {
    ticket: Ticket,
    flow: Flow<'a>,
    room: Room,
    /// Its rows of the pass.
    rows: Range<usize>,
}

impl<'a> Scheduler<'a> {
    /// A scheduler without requests. Weights are made ready for batches in the pool of threads in which this is called.
    ///
    /// # Errors
    /// [`CapacityError`].
    pub fn new(engine: &'a Engine, capacity: Capacity) -> Result<Self, CapacityError> {
        capacity.check(engine)?;
        let rooms = engine
            .session()
            .map(|session| Rooms::new(session, capacity.cache_bytes, capacity.reuses));
        Ok(Scheduler {
            engine,
            rooms,
            capacity,
            next_ticket: 0,
            waiting: VecDeque::new(),
            tokenized: None,
            live: Vec::new(),
            tally: Tally::default(),
            rows: Vec::with_capacity(MOST_ROWS),
            chosen: Vec::with_capacity(MOST_ROWS),
        })
    }

    /// Takes a request in, behind those that wait.
    pub fn ask(&mut self, prompt: &[u8], params: Params) -> Ticket {
        self.ask_scored(prompt, params, None)
    }

    /// The same, with each token's scores and those of so many of the most probable ones at its place.
    pub fn ask_scored(&mut self, prompt: &[u8], params: Params, scored: Option<u32>) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.waiting.push_back(Waiting {
            ticket,
            prompt: prompt.to_vec(),
            params,
            scored,
        });
        ticket
    }

    /// Forgets a request; nothing more is said of it. One that has ended, or was never asked, is forgotten already.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|waiting| waiting.ticket != ticket);
        self.tokenized.take_if(|(of, _)| *of == ticket);
        if let Some(at) = self.live.iter().position(|live| live.ticket == ticket) {
            let live = self.live.remove(at);
            self.leave(&live);
        }
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        let rooms = self.rooms.as_ref();
        Tally {
            most_cache_bytes: rooms.map_or(0, |rooms| rooms.most_bytes),
            ..self.tally
        }
    }

    /// Requests that have not ended.
    pub fn open(&self) -> usize {
        self.waiting.len() + usize::from(self.tokenized.is_some()) + self.live.len()
    }

    /// Admits what there is room for, computes one batch, and says what came of it. Does nothing where no request is open.
    ///
    /// # Panics
    /// Where the executor does.
    pub fn pass(&mut self, mut tell: impl FnMut(Ticket, Told)) {
        let tell: &mut dyn FnMut(Ticket, Told) = &mut tell;
        if self.rooms.is_none() {
            return self.answer_next(tell);
        }
        while self.live.len() < self.capacity.requests && self.admit_next(tell) {}
        self.plan_rows();
        if self.rows.is_empty() {
            return;
        }
        if let Some(rooms) = &mut self.rooms {
            rooms.session.forward(&self.rows, &mut self.chosen);
        }
        self.tally.passes += 1;
        self.tally.rows += self.rows.len() as u64;
        self.accept(tell);
        self.retire(tell);
    }

    /// Without batches: the next request from its first step to its last.
    fn answer_next(&mut self, tell: &mut dyn FnMut(Ticket, Told)) {
        let Some(Waiting {
            ticket,
            prompt,
            params,
            scored,
        }) = self.waiting.pop_front()
        else {
            return;
        };
        let on_piece = &mut |piece| tell(ticket, Told::Token(piece));
        let ended = self
            .engine
            .follow_by_nodes(&prompt, &params, scored, on_piece);
        tell(ticket, Told::Ended(ended));
    }

    /// Starts the next request, or ends it if it has no layers to compute; `false` if none waits or there is no room for it.
    fn admit_next(&mut self, tell: &mut dyn FnMut(Ticket, Told)) -> bool {
        let Some((ticket, mut flow)) = self.next_tokenized(tell) else {
            return false;
        };
        let Some(room) = self.open_room(&flow) else {
            self.tokenized = Some((ticket, flow));
            return false;
        };
        flow.skip(room.shared);
        self.tally.reused += room.shared as u64;
        self.live.push(Live {
            ticket,
            flow,
            room,
            rows: 0..0,
        });
        true
    }

    /// Caches for a request whose prompt's tokens are known, if there is memory for them.
    ///
    /// # Panics
    /// If there is none although no other request is live.
    fn open_room(&mut self, flow: &Flow<'_>) -> Option<Room> {
        let live = self.live.iter();
        let computed = live.map(|live| (live.room.sequence, live.flow.computed()));
        let positions = flow.positions();
        let rooms = self.rooms.as_mut()?;
        let room = rooms.open(flow.prefilled(), positions, computed);
        let may_come = room.is_some() || !self.live.is_empty();
        assert!(may_come, "no memory for {positions} positions");
        room
    }

    /// Takes the caches of a request back.
    fn leave(&mut self, live: &Live<'_>) {
        if let Some(rooms) = &mut self.rooms {
            rooms.close(live.room, live.flow.computed());
        }
    }

    /// The first request that waits and has layers to compute. Those before it end here.
    fn next_tokenized(&mut self, tell: &mut dyn FnMut(Ticket, Told)) -> Option<(Ticket, Flow<'a>)> {
        if self.tokenized.is_some() {
            return self.tokenized.take();
        }
        loop {
            let Waiting {
                ticket,
                prompt,
                params,
                scored,
            } = self.waiting.pop_front()?;
            let mut flow = match Flow::start(self.engine, &prompt, &params, &[], scored) {
                Ok(flow) => flow,
                Err(error) => {
                    tell(ticket, Told::Ended(Err(error)));
                    continue;
                }
            };
            while flow.phase().is_some() && !flow.has_layers() {
                flow.step();
            }
            if flow.has_layers() {
                return Some((ticket, flow));
            }
            tell(ticket, Told::Ended(Ok(flow.outcome())));
        }
    }

    /// The rows of the next pass: those of requests that generate, then those of prompts, in the order in which they came.
    fn plan_rows(&mut self) {
        self.rows.clear();
        let mut most = MOST_ROWS;
        for generates in [true, false] {
            for live in &mut self.live {
                if live.flow.generates() != generates {
                    continue;
                }
                let first = self.rows.len();
                let left = most - first;
                live.flow
                    .plan_rows(live.room.sequence, left, &mut self.rows);
                live.rows = first..self.rows.len();
            }
            if generates && !self.rows.is_empty() {
                most = MOST_ROWS.min(self.rows.len() + self.capacity.prompt_rows);
            }
        }
    }

    /// Moves all requests on along their rows of the pass.
    fn accept(&mut self, tell: &mut dyn FnMut(Ticket, Told)) {
        let mut by_row: Vec<&mut Live<'a>> = self.live.iter_mut().collect();
        by_row.sort_by_key(|live| live.rows.start);
        let rooms = self.rooms.as_ref();
        let mut scores = rooms.map_or(&[][..], |rooms| rooms.session.scores());
        let mut chosen = &self.chosen[..];
        for live in by_row {
            let rows = &self.rows[live.rows.clone()];
            let count = rows.iter().filter(|row| row.head).count();
            let (own, others) = chosen.split_at(count);
            let (own_scores, other_scores) = scores.split_at(count);
            (chosen, scores) = (others, other_scores);
            let ticket = live.ticket;
            live.flow.accept(rows, own, own_scores, &mut |piece| {
                tell(ticket, Told::Token(piece));
            });
        }
    }

    /// Ends the requests whose layers are all computed.
    fn retire(&mut self, tell: &mut dyn FnMut(Ticket, Told)) {
        let ended: Vec<Live<'a>> = self
            .live
            .extract_if(.., |live| !live.flow.has_layers())
            .collect();
        for mut live in ended {
            self.leave(&live);
            while live.flow.phase().is_some() {
                live.flow.step();
            }
            tell(live.ticket, Told::Ended(Ok(live.flow.outcome())));
        }
    }
}
