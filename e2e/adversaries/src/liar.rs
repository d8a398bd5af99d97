//! A player that defends a lie, with the honest player's own logic.

use crate::{Lie, LieKind, LyingTrace, Plan, draw};
use gavel_dispute::payload::{BatchOpening, End, NodeOpening, Reveal, StepProof, TileOpening};
use gavel_dispute::{CantTell, Claim, Context, Kind, Knowledge, Opening, Trace};
use gavel_engine::{Edit, Engine};
use gavel_machine::{FaultyStore, Image};
use gavel_primitives::{CompactProof, Hash};
use gavel_program::boot::TILE_DEPTH;
use gavel_traces::tile::{last_leaf, machine_end};
use gavel_traces::{Data, Deviation, KnownRequest, Library, MachineRun};
use std::sync::{Arc, OnceLock};

/// The deviation of a lie, worked out once.
struct Told {
    lie: Lie,
    /// Place in the inbox of the request that it is about.
    about: u64,
    image: Arc<Image>,
    plan: OnceLock<Option<Plan>>,
}

impl Told {
    /// The plan for a request; none for those that the lie is not about, and where it has no such place.
    fn plan(&self, known: &KnownRequest, engine: &Arc<Engine>) -> Option<&Plan> {
        if known.request.index != self.about {
            return None;
        }
        let work_out = || Plan::new(&self.lie, known, engine, &self.image).ok();
        self.plan.get_or_init(work_out).as_ref()
    }
}

impl Deviation for Told {
    fn edits(&self, known: &KnownRequest, engine: &Arc<Engine>) -> Vec<Edit> {
        self.plan(known, engine)
            .map(|plan| plan.edits.clone())
            .unwrap_or_default()
    }
}

/// A library that claims a lie.
pub struct Liar {
    library: Library,
    told: Arc<Told>,
    image: Arc<Image>,
}

impl Liar {
    /// A liar over the one guest image, about the request at place `about` of the inbox; honest about all others.
    pub fn new(lie: Lie, about: u64, image: Arc<Image>) -> Self {
        let told = Arc::new(Told {
            lie,
            about,
            image: Arc::clone(&image),
            plan: OnceLock::new(),
        });
        let library = Library::new(Arc::clone(&image), told.clone());
        Liar {
            library,
            told,
            image,
        }
    }

    /// The move from which on it is silent.
    pub fn silent_from(&self) -> Option<u64> {
        (self.told.lie.kind == LieKind::Silent).then_some(self.told.lie.at)
    }

    fn plan(&self, request_id: Hash) -> Result<Option<&Plan>, CantTell> {
        let known = self.library.request(request_id)?;
        let engine = self.library.engine(known.request.program_id)?;
        Ok(self.told.plan(&known, &engine))
    }

    /// An invented trace: garbage from the first leaf to the end.
    fn invented(&self, claim: Claim, context: &Context) -> Result<Claim, CantTell> {
        let committed = self.library.execution(context.request_id)?;
        let header = committed.engine().program().header;
        let end_from = committed.execution().steps() * header.leaves_per_step() - 1;
        let last = committed.leaf(end_from);
        let garbage = draw::hash(self.told.lie.seed, "invented");
        let trace = Arc::new(LyingTrace::new(claim.trace, 0, end_from, garbage, last));
        let leaf = last_leaf(&*trace);
        Ok(Claim {
            end: claim.end.map(|end| with_leaf(end, leaf)),
            trace,
        })
    }

    /// A machine trace that parts from the truth at a random instruction and ends in the chunk that this liar claims.
    fn machine(&self, context: &Context) -> Result<Claim, CantTell> {
        let fault = self.plan(context.request_id)?.and_then(|plan| plan.fault);
        if let Some((position, tile, fault)) = fault
            && (position, tile) == (context.position, context.tile)
        {
            return self.faulty(context, fault);
        }
        let run = self
            .library
            .run(context.request_id, context.position, context.tile)?;
        let committed = self.library.execution(context.request_id)?;
        let place = committed
            .engine()
            .output_place(committed.node_at(context.position) as usize);
        let after = committed.before(context.position + 1);
        let wrong = after.env.slot(place).node(TILE_DEPTH, context.tile);
        if wrong == run.end_chunk() {
            return self.library.claim(context);
        }
        let steps = run.run().steps();
        let from = draw::below(self.told.lie.seed, "instruction", steps.saturating_sub(1));
        let mut forged = run.run().last().clone();
        let first = context.tile as usize * 64;
        let words = &after.state.slot(place)[first..first + 64];
        forged.work.set_chunk(
            bytemuck::cast_slice(words)
                .try_into()
                .expect("a chunk has 256 bytes"),
        );
        let garbage = draw::hash(self.told.lie.seed, "states");
        let trace = Arc::new(LyingTrace::new(
            run,
            from,
            steps - 1,
            garbage,
            forged.hash(),
        ));
        let end = End::Machine(Box::new(machine_end(&forged, last_leaf(&*trace))));
        Ok(Claim {
            trace,
            end: context.tag_of(wrong).map(|_| end),
        })
    }

    /// The trace of the run whose store went wrong.
    fn faulty(&self, context: &Context, fault: FaultyStore) -> Result<Claim, CantTell> {
        let committed = self.library.execution(context.request_id)?;
        let tile = self
            .library
            .tile(&committed, context.position, context.tile);
        let run = MachineRun::trace(tile, context.depth, Some(fault));
        let end = context
            .tag_of(run.end_chunk())
            .map(|_| End::Machine(Box::new(run.end())));
        Ok(Claim {
            trace: Arc::new(run),
            end,
        })
    }

    /// The guest image.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }
}

/// The same end proven under another trace.
fn with_leaf(end: End, leaf: CompactProof) -> End {
    match end {
        End::Batch => End::Batch,
        End::Execution(mut end) => {
            end.leaf = leaf;
            End::Execution(end)
        }
        End::Machine(mut end) => {
            end.leaf = leaf;
            End::Machine(end)
        }
    }
}

impl Data for Liar {
    fn library(&self) -> &Library {
        &self.library
    }

    fn knowledge(&self) -> &dyn Knowledge {
        self
    }
}

impl Knowledge for Liar {
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell> {
        match (tournament.kind, self.told.lie.kind) {
            (Kind::Execution, LieKind::Result) => {
                self.invented(self.library.claim(tournament)?, tournament)
            }
            (Kind::Machine, _) => self.machine(tournament),
            _ => self.library.claim(tournament),
        }
    }

    fn open_batch(&self, batch: &Context, position: u64) -> Result<BatchOpening, CantTell> {
        self.library.open_batch(batch, position)
    }

    fn open_node(
        &self,
        execution: &Context,
        position: u64,
    ) -> Result<Opening<NodeOpening>, CantTell> {
        self.library.open_node(execution, position)
    }

    fn reveal(&self, execution: &Context, position: u64) -> Result<Reveal, CantTell> {
        if self.told.lie.kind == LieKind::Result {
            return Err(CantTell::Failed {
                cause: "there is nothing behind an invented trace".into(),
            });
        }
        self.library.reveal(execution, position)
    }

    fn tensor(&self, execution: &Context, position: u64) -> Result<Arc<dyn Trace>, CantTell> {
        self.library.tensor(execution, position)
    }

    fn open_tile(
        &self,
        execution: &Context,
        position: u64,
        tile: u64,
    ) -> Result<TileOpening, CantTell> {
        self.library.open_tile(execution, position, tile)
    }

    fn step(&self, machine: &Context, position: u64) -> Result<Opening<StepProof>, CantTell> {
        self.library.step(machine, position)
    }
}
