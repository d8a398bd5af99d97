//! What a player knows: programs, requests, and every trace over them.
//!
//! - `player`: what one player has that another hasn't
//! - `knowledge`: what the library claims and opens in a dispute

mod knowledge;
mod player;

use crate::{Committed, MachineRun, Tile, opening};
use gavel_dispute::CantTell;
use gavel_engine::{Engine, Execution, Outcome};
use gavel_machine::Image;
use gavel_primitives::Hash;
pub use player::{Data, Deviation, Drafts, Honest, KnownRequest, NoDrafts};
use std::{
    collections::HashMap,
    hash::Hash as StdHash,
    sync::{Arc, Mutex, PoisonError},
};

/// A map whose values are computed once and shared.
type Cache<K, V> = Mutex<HashMap<K, Arc<V>>>;

/// Programs and requests with everything that follows from them.
pub struct Library {
    image: Arc<Image>,
    deviation: Arc<dyn Deviation>,
    drafts: Arc<dyn Drafts>,
    engines: Mutex<HashMap<Hash, Arc<Engine>>>,
    requests: Cache<Hash, KnownRequest>,
    places: Mutex<HashMap<(u64, u64), Hash>>,
    outcomes: Cache<Hash, Outcome>,
    executions: Cache<Hash, Committed>,
    runs: Cache<(Hash, u64, u64), MachineRun>,
}

impl Library {
    /// An empty library over the one guest image.
    pub fn new(image: Arc<Image>, deviation: Arc<dyn Deviation>) -> Self {
        Library {
            image,
            deviation,
            drafts: Arc::new(NoDrafts),
            engines: Mutex::default(),
            requests: Mutex::default(),
            places: Mutex::default(),
            outcomes: Mutex::default(),
            executions: Mutex::default(),
            runs: Mutex::default(),
        }
    }

    /// The same library, which asks for drafts of answers.
    pub fn with_drafts(self, drafts: Arc<dyn Drafts>) -> Self {
        Library { drafts, ..self }
    }

    /// Adds a program that passed its check.
    pub fn add_program(&self, engine: Arc<Engine>) {
        locked(&self.engines).insert(engine.program().id, engine);
    }

    /// Adds a request; adding it again changes nothing. A reorged place is taken over by what came later.
    pub fn add_request(&self, known: KnownRequest) {
        let id = known.request.id();
        locked(&self.places).insert((known.request.lane, known.request.index), id);
        locked(&self.requests).insert(id, Arc::new(known));
    }

    /// The engine of a program.
    ///
    /// # Errors
    /// [`CantTell::UnknownProgram`].
    pub fn engine(&self, program_id: Hash) -> Result<Arc<Engine>, CantTell> {
        locked(&self.engines)
            .get(&program_id)
            .cloned()
            .ok_or(CantTell::UnknownProgram { program_id })
    }

    /// A request.
    ///
    /// # Errors
    /// [`CantTell::UnknownRequest`].
    pub fn request(&self, request_id: Hash) -> Result<Arc<KnownRequest>, CantTell> {
        locked(&self.requests)
            .get(&request_id)
            .cloned()
            .ok_or(CantTell::UnknownRequest { request_id })
    }

    /// The request at a place of a lane's inbox.
    pub fn request_at(&self, lane: u64, index: u64) -> Option<Hash> {
        locked(&self.places).get(&(lane, index)).copied()
    }

    /// How a request ends, as this library claims.
    ///
    /// # Errors
    /// [`CantTell`] when program or request are unknown, or the request can't start.
    pub fn outcome(&self, request_id: Hash) -> Result<Arc<Outcome>, CantTell> {
        cached(&self.outcomes, request_id, || {
            let known = self.request(request_id)?;
            let engine = self.engine(known.request.program_id)?;
            if self.deviation.edits(&known, &engine).is_empty() {
                let tokens = self.drafts.tokens(request_id);
                let checked = engine.check(&known.prompt, &known.request.params, &tokens);
                checked.map(|checked| checked.outcome).map_err(failed)
            } else {
                Ok(self.execution(request_id)?.execution().outcome())
            }
        })
    }

    /// A request's result, as this library claims.
    ///
    /// # Errors
    /// As [`Library::outcome`].
    pub fn result(&self, request_id: Hash) -> Result<Hash, CantTell> {
        let engine = self.engine(self.request(request_id)?.request.program_id)?;
        Ok(self
            .outcome(request_id)?
            .result(request_id, engine.program())
            .hash())
    }

    /// A request's execution, as this library claims.
    ///
    /// # Errors
    /// As [`Library::outcome`].
    pub fn execution(&self, request_id: Hash) -> Result<Arc<Committed>, CantTell> {
        cached(&self.executions, request_id, || {
            let known = self.request(request_id)?;
            let engine = self.engine(known.request.program_id)?;
            let edits = self.deviation.edits(&known, &engine);
            let execution = Execution::commit(engine, &known.prompt, &known.request.params, edits);
            Ok(Committed::new(execution.map_err(failed)?))
        })
    }

    /// The machine's run of tile `tile` of the node at leaf `position` of a request's execution.
    ///
    /// # Errors
    /// As [`Library::outcome`].
    pub fn run(
        &self,
        request_id: Hash,
        position: u64,
        tile: u64,
    ) -> Result<Arc<MachineRun>, CantTell> {
        cached(&self.runs, (request_id, position, tile), || {
            let committed = self.execution(request_id)?;
            let depth = committed.engine().program().header.trace_depth;
            Ok(MachineRun::trace(
                self.tile(&committed, position, tile),
                depth,
                None,
            ))
        })
    }

    /// A tile, ready to run.
    pub fn tile(&self, committed: &Committed, position: u64, tile: u64) -> Tile {
        let (before, k) = (
            committed.before(position),
            committed.node_at(position) as usize,
        );
        let windows = opening::input_windows(committed.engine(), &before, k);
        let (engine, image) = (Arc::clone(committed.engine()), Arc::clone(&self.image));
        Tile::new(engine, image, before.state.clone(), k, tile, windows)
    }

    /// The requests of a batch, in order.
    ///
    /// # Errors
    /// [`CantTell::UnknownRange`] unless all of them are known.
    pub fn range(&self, lane: u64, first: u64, count: u64) -> Result<Vec<Hash>, CantTell> {
        let unknown = CantTell::UnknownRange { lane, first, count };
        (first..first + count)
            .map(|index| self.request_at(lane, index).ok_or(unknown.clone()))
            .collect()
    }
}

fn failed(cause: impl std::error::Error) -> CantTell {
    CantTell::Failed {
        cause: cause.to_string(),
    }
}

/// A panic elsewhere leaves these maps whole, so a poisoned lock is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The value of a key, computed outside the lock if it is missing.
fn cached<K: Eq + StdHash, V>(
    cache: &Cache<K, V>,
    key: K,
    compute: impl FnOnce() -> Result<V, CantTell>,
) -> Result<Arc<V>, CantTell> {
    if let Some(value) = locked(cache).get(&key) {
        return Ok(Arc::clone(value));
    }
    let value = Arc::new(compute()?);
    Ok(Arc::clone(locked(cache).entry(key).or_insert(value)))
}
