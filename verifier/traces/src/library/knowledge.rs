//! What a library claims and opens in a dispute.

use super::Library;
use crate::tile::last_leaf;
use crate::{batch, opening};
use gavel_dispute::payload::{BatchOpening, End, NodeOpening, Reveal, StepProof, TileOpening};
use gavel_dispute::{CantTell, Claim, Context, Kind, Knowledge, Opening, Trace};
use gavel_primitives::Hash;
use std::sync::Arc;

impl Library {
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
