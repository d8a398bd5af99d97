//! How a liar's story departs from the truth.

use super::Data;
use crate::world::{
    Env, Shape, State, fresh_slot, inputs_root, machine_run, mix, number, request_id, transition,
};
use gavel_dispute::rules::ExecutionLeaf;
use gavel_primitives::Hash;

impl Data {
    /// Replaces all leaves from `from` on by garbage that depends on `seed`.
    pub(super) fn make_up(&mut self, request: u64, from: u64, seed: u64) {
        let shape = self.shape;
        let mut envs = self.executions[&request_id(request)].envs.clone();
        for leaf in from..envs.len() as u64 {
            let chunk = |c| mix("garbage", &[number(seed), number(leaf), number(c)]);
            let garbage: Vec<Hash> = (0..shape.chunks()).map(chunk).collect();
            let ends_step = shape.leaf_rule(leaf) == ExecutionLeaf::StepEnd;
            envs[leaf as usize] = Env {
                fresh: if ends_step {
                    fresh_slot(&shape)
                } else {
                    garbage.clone()
                },
                kept: garbage,
            };
        }
        self.set_execution(request, envs);
    }

    /// One request's execution is wrong as [`Lie::Execution`] says.
    pub(super) fn lie(&mut self, request: u64, leaf: u64, tile: u64, instruction: u64, seed: u64) {
        let shape = self.shape;
        let before = self.before(request_id(request), leaf);
        self.make_up(request, leaf, seed);
        if shape.leaf_rule(leaf) != ExecutionLeaf::Tile {
            return;
        }
        // The node's other chunks and slot are true, so that the descent ends at this tile.
        let kept = shape.writes_kept(leaf);
        let mut after = transition(&shape, leaf, &before);
        let wrong = mix("wrong chunk", &[number(seed)]);
        after.output_mut(kept)[tile as usize] = wrong;
        self.runs.insert(
            (request_id(request), leaf, tile),
            lying_run(
                &shape,
                &before,
                leaf,
                tile,
                instruction,
                before.output(kept)[tile as usize],
                wrong,
            ),
        );
        let mut envs = self.executions[&request_id(request)].envs.clone();
        envs[leaf as usize] = after;
        self.set_execution(request, envs);
    }
}

/// A machine run that ends with the wrong chunk, wrong from an instruction on.
fn lying_run(
    shape: &Shape,
    before: &Env,
    leaf: u64,
    tile: u64,
    instruction: u64,
    old: Hash,
    wrong: Hash,
) -> Vec<State> {
    let mut run = machine_run(shape, old, inputs_root(before, leaf, tile));
    for (at, state) in run.iter_mut().enumerate().skip(instruction as usize) {
        *state = State {
            chunk: wrong,
            rest: mix("wrong rest", &[wrong, number(at as u64)]),
        };
    }
    run
}
