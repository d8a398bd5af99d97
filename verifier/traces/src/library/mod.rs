//! What a player knows: programs, requests, and every trace over them.

use crate::tile::last_leaf;
use crate::{Committed, MachineRun, Tile, batch, opening};
use gavel_dispute::payload::{BatchOpening, End, NodeOpening, Reveal, StepProof, TileOpening};
use gavel_dispute::{CantTell, Claim, Context, Kind, Knowledge, Opening, Trace};
use gavel_engine::{Edit, Engine, Execution, Outcome};
use gavel_machine::Image;
use gavel_primitives::{Hash, Request};
use std::{
    collections::HashMap,
    hash::Hash as StdHash,
    sync::{Arc, Mutex, PoisonError},
};

/// A request as read from the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequest {
    /// What its id commits to.
    pub request: Request,
    /// The prompt's bytes.
    pub prompt: Vec<u8>,
}

/// How a player departs from the truth; the honest one doesn't.
pub trait Deviation: Send + Sync {
    /// Edits of a request's execution.
    fn edits(&self, request: &KnownRequest, engine: &Arc<Engine>) -> Vec<Edit>;
}

/// Where somebody says which tokens an answer has. Nobody trusts it: as far as a draft is right an answer is computed in batches, and
/// where it is wrong it costs the batch that shows it.
pub trait Drafts: Send + Sync {
    /// The tokens that a request's answer is said to have; none if nobody says anything. May block.
    fn tokens(&self, request_id: Hash) -> Vec<u32>;
}

/// Nobody says anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDrafts;

impl Drafts for NoDrafts {
    fn tokens(&self, _request_id: Hash) -> Vec<u32> {
        Vec::new()
    }
}

/// What a player works from: knowledge over a library that its daemon fills.
pub trait Data: Send + Sync {
    /// Programs and requests.
    fn library(&self) -> &Library;

    /// What it claims about them.
    fn knowledge(&self) -> &dyn Knowledge;
}

impl Data for Library {
    fn library(&self) -> &Library {
        self
    }

    fn knowledge(&self) -> &dyn Knowledge {
        self
    }
}

/// No departure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Honest;

impl Deviation for Honest {
    fn edits(&self, _request: &KnownRequest, _engine: &Arc<Engine>) -> Vec<Edit> {
        Vec::new()
    }
}

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

    fn batch_claim(&self, context: &Context) -> Result<Claim, CantTell> {
        let requests = self.range(context.lane, context.first, context.count)?;
        let results = requests
            .into_iter()
            .map(|id| self.result(id))
            .collect::<Result<_, _>>()?;
        Ok(Claim {
            trace: Arc::new(batch::tree(results, context.depth)),
            end: Some(End::Batch),
        })
    }

    fn execution_claim(&self, context: &Context) -> Result<Claim, CantTell> {
        let committed = self.execution(context.request_id)?;
        same_start(context, committed.execution().first_env())?;
        let end = match context.tag_of(self.result(context.request_id)?) {
            None => None,
            Some(_) => {
                let end = opening::execution_end(&committed, last_leaf(&*committed));
                Some(End::Execution(Box::new(end)))
            }
        };
        Ok(Claim {
            trace: committed,
            end,
        })
    }

    fn machine_claim(&self, context: &Context) -> Result<Claim, CantTell> {
        let run = self.run(context.request_id, context.position, context.tile)?;
        same_start(context, run.tile().first().hash())?;
        let end = context
            .tag_of(run.end_chunk())
            .map(|_| End::Machine(Box::new(run.end())));
        Ok(Claim { trace: run, end })
    }
}

/// Whether a tournament starts where this library's trace does.
///
/// # Errors
/// [`CantTell::ForeignStart`] otherwise.
fn same_start(context: &Context, start: Hash) -> Result<(), CantTell> {
    if context.start == start {
        Ok(())
    } else {
        Err(CantTell::ForeignStart {
            start: context.start,
        })
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

impl Knowledge for Library {
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell> {
        match tournament.kind {
            Kind::Batch => self.batch_claim(tournament),
            Kind::Execution => self.execution_claim(tournament),
            Kind::Machine => self.machine_claim(tournament),
        }
    }

    fn open_batch(&self, batch: &Context, position: u64) -> Result<BatchOpening, CantTell> {
        let id = *self
            .range(batch.lane, batch.first + position, 1)?
            .first()
            .expect("a range of one has one");
        let request = self.request(id)?.request.clone();
        let engine = self.engine(request.program_id)?;
        Ok(BatchOpening {
            header: opening::header_words(&engine.program().header),
            slots: opening::first_slots(&engine, request.prompt_root),
            request,
        })
    }

    fn open_node(
        &self,
        execution: &Context,
        position: u64,
    ) -> Result<Opening<NodeOpening>, CantTell> {
        Ok(opening::open_node(
            &*self.execution(execution.request_id)?,
            position,
        ))
    }

    fn reveal(&self, execution: &Context, position: u64) -> Result<Reveal, CantTell> {
        Ok(opening::reveal(
            &*self.execution(execution.request_id)?,
            position,
        ))
    }

    fn tensor(&self, execution: &Context, position: u64) -> Result<Arc<dyn Trace>, CantTell> {
        let committed = self.execution(execution.request_id)?;
        let place = committed
            .engine()
            .output_place(committed.node_at(position) as usize);
        Ok(Arc::new(
            committed.before(position + 1).env.slot(place).clone(),
        ))
    }

    fn open_tile(
        &self,
        execution: &Context,
        position: u64,
        tile: u64,
    ) -> Result<TileOpening, CantTell> {
        Ok(opening::open_tile(
            &*self.execution(execution.request_id)?,
            position,
            tile,
        ))
    }

    fn step(&self, machine: &Context, position: u64) -> Result<Opening<StepProof>, CantTell> {
        let run = self.run(machine.request_id, machine.position, machine.tile)?;
        let (before, after) = (
            run.run().state_at(position),
            run.run().state_at(position + 1),
        );
        let proof = gavel_machine::prove(&run.tile().context(), &before, &run.tile().trees());
        Ok(Opening {
            proof: StepProof(proof.encode()),
            correct: Some(after.hash()),
        })
    }
}
