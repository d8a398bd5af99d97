//! What a player claims in the inner tournaments: a trace, and its end where that is contested.

use super::blanks::{blank_execution_end, empty_proof};
use super::{Data, Execution};
use crate::world::{Env, State, inputs_root, machine_run, result};
use gavel_dispute::payload::{End, ExecutionEnd, MachineEnd};
use gavel_dispute::{CantTell, Claim, Context};
use gavel_primitives::{CompactProof, Proof, Tree};
use std::sync::Arc;

impl Data {
    pub(super) fn claim_execution(&self, context: &Context) -> Result<Claim, CantTell> {
        let Execution {
            request,
            envs,
            tree,
        } = self.execution(context)?;
        if Env::first(&self.shape, *request).hash() != context.start {
            return Err(CantTell::ForeignStart {
                start: context.start,
            });
        }
        let end = envs.last().expect("an execution has a leaf").roots().0;
        let contested = context.tag_of(result(context.request_id, end)).is_some();
        let end = contested.then(|| {
            End::Execution(Box::new(ExecutionEnd {
                leaf: last_leaf_proof(tree),
                persistent_root: end,
                ..blank_execution_end()
            }))
        });
        Ok(Claim {
            trace: tree.clone(),
            end,
        })
    }

    pub(super) fn run(&self, context: &Context) -> Result<Vec<State>, CantTell> {
        self.execution(context)?;
        let (id, position, tile) = (context.request_id, context.position, context.tile);
        if let Some(run) = self.runs.get(&(id, position, tile)) {
            return Ok(run.clone());
        }
        let before = self.before(id, position);
        let kept = self.shape.writes_kept(position);
        let old = before.output(kept)[tile as usize];
        if State::first(old).hash() != context.start {
            return Err(CantTell::ForeignStart {
                start: context.start,
            });
        }
        Ok(machine_run(
            &self.shape,
            old,
            inputs_root(&before, position, tile),
        ))
    }

    pub(super) fn claim_machine(&self, context: &Context) -> Result<Claim, CantTell> {
        let run = self.run(context)?;
        let tree = Tree::new(run.iter().map(State::hash).collect(), self.shape.machine);
        let last = run.last().expect("a run has a state");
        let end = context.tag_of(last.chunk).map(|_| {
            End::Machine(Box::new(MachineEnd {
                leaf: last_leaf_proof(&tree),
                work_root: last.rest,
                registers: Vec::new(),
                chunk: last.chunk,
                chunk_path: empty_proof(),
            }))
        });
        Ok(Claim {
            trace: Arc::new(tree),
            end,
        })
    }
}

fn last_leaf_proof(tree: &Tree) -> CompactProof {
    Proof::of(tree, 0, (1u64 << tree.depth()) - 1).compact(0)
}
