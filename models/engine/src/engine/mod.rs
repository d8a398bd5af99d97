//! Runs a program, node by node.
//!
//! - `wired`: nodes with their operands found
//! - `answers`: requests answered, in batches where there can be any
//! - `by_nodes`: requests answered as they are defined
//! - [`Outcome`]: how they end
mod answers;
mod by_nodes;
mod outcome;
mod wired;

pub use outcome::Outcome;

use crate::batch::plan::Plan;
use crate::batch::session::{MOST_ROWS, Session};
use crate::batch::workshop::{Planned, Prepared};
use crate::spare::Spare;
use crate::{Call, Executor, State, StateError};
use gavel_kernels::touched_by;
use gavel_primitives::Params;
use gavel_program::{Program, ProgramTrees};
use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};
use wired::{Source, Wired};

/// A program with who computes it.
pub struct Engine {
    program: Arc<Program>,
    trees: ProgramTrees,
    wired: Vec<Wired>,
    executor: Box<dyn Executor>,
    batches: OnceLock<Option<Batches>>,
    spare: Spare,
}

/// What a program's batches are computed with.
struct Batches {
    plan: Arc<Plan>,
    prepared: Box<dyn Prepared>,
}

impl Engine {
    /// An engine for a program that passed its check.
    ///
    /// # Panics
    /// If a node names a slot or weight that the program doesn't have.
    pub fn new(program: Arc<Program>, executor: Box<dyn Executor>) -> Self {
        Engine {
            trees: ProgramTrees::new(&program),
            wired: Wired::all(&program),
            program,
            executor,
            batches: OnceLock::new(),
            spare: Spare::default(),
        }
    }

    /// The program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The trees behind the program's header.
    pub fn trees(&self) -> &ProgramTrees {
        &self.trees
    }

    /// Place among the program's slots of node `k`'s output.
    pub fn output_place(&self, k: usize) -> usize {
        self.wired[k].output
    }

    /// The words of node `k`'s inputs in a state.
    pub fn inputs<'a>(&'a self, k: usize, state: &'a State) -> Vec<&'a [u32]> {
        let words = |source: &Source| match source {
            Source::Slot(place) => state.slot(*place),
            Source::Weight(index) => (*self.program.weights[*index].words).as_ref(),
        };
        self.wired[k].inputs.iter().map(words).collect()
    }

    /// Runs node `k`; gives the words of its output slot that may have changed, or `None` if it doesn't run in this phase.
    pub fn run_node(&self, k: usize, state: &mut State) -> Option<Range<usize>> {
        self.run_by(k, state, |call, out| self.executor.run(call, out))
    }

    /// The same, with prepared weights where they make it faster.
    pub(crate) fn run_prepared(&self, k: usize, state: &mut State) -> Option<Range<usize>> {
        self.run_by(k, state, |call, out| {
            let prepared = self.batches().map(|batches| &batches.prepared);
            if !prepared.is_some_and(|prepared| prepared.run(call, out)) {
                self.executor.run(call, out);
            }
        })
    }

    fn run_by(
        &self,
        k: usize,
        state: &mut State,
        run: impl FnOnce(&Call<'_>, &mut [u32]),
    ) -> Option<Range<usize>> {
        let node = &self.program.nodes[k];
        let control = state.control();
        if node.predicate & control.phase().bit() == 0 {
            return None;
        }
        let wired = &self.wired[k];
        let touched = touched_by(node, &control, &self.inputs(k, state));
        if touched.is_empty() {
            return None;
        }
        let end = state.slot(wired.output).len() * wired.per_word;
        let range = touched.start / wired.per_tile * wired.per_tile
            ..touched.end.next_multiple_of(wired.per_tile).min(end);
        let words = range.start / wired.per_word..range.end / wired.per_word;
        let own = |source: &Source| matches!(source, Source::Slot(place) if *place == wired.output);
        let mut slot = state.take_out(wired.output, &words);
        // A node may read the slot that it writes: that one it reads as it was.
        let before = wired.inputs.iter().any(own).then(|| slot.clone());
        let mut inputs = self.inputs(k, state);
        for (input, source) in inputs.iter_mut().zip(&wired.inputs) {
            if let (Some(before), true) = (&before, own(source)) {
                *input = before;
            }
        }
        let call = Call {
            index: k,
            node,
            control: &control,
            inputs: &inputs,
            range,
        };
        run(&call, &mut slot[words.clone()]);
        state.put_back(wired.output, slot);
        Some(words)
    }

    /// Whether a request in this state, after so many steps, has another one.
    pub(crate) fn goes_on(&self, state: &State, steps: u64) -> bool {
        !state.control().is_done() && steps < self.program.header.steps()
    }

    /// Runs one step, without its end. `seen` is told of every node that ran.
    pub fn run_step(
        &self,
        state: &mut State,
        mut seen: impl FnMut(usize, Range<usize>, &mut State),
    ) {
        for k in 0..self.program.nodes.len() {
            if let Some(words) = self.run_node(k, state) {
                seen(k, words, state);
            }
        }
    }

    /// Ends a step: scratch slots are zero again.
    pub fn end_step(&self, state: &mut State) {
        for place in self.scratch_places() {
            state.clear(place);
        }
    }

    /// Places of the scratch slots.
    pub fn scratch_places(&self) -> Range<usize> {
        let first = 1 << self.program.header.slot_depth;
        self.program
            .slots
            .partition_point(|slot| slot.index < first)..self.program.slots.len()
    }

    /// Makes the weights ready for batches, if that isn't done: the first request would.
    pub fn prepare(&self) {
        self.batches();
    }

    fn batches(&self) -> Option<&Batches> {
        let make = || {
            let plan = Arc::new(Plan::new(&self.program)?);
            let prepared = self.executor.prepare(&Planned {
                program: Arc::clone(&self.program),
                plan: Arc::clone(&plan),
            })?;
            Some(Batches { plan, prepared })
        };
        self.batches.get_or_init(make).as_ref()
    }

    /// Bytes of the caches of a request of the whole context, computed in batches; 0 where program or executor don't allow that.
    pub fn context_cache_bytes(&self) -> usize {
        let plan = self.batches().map(|batches| &batches.plan);
        plan.map_or(0, |plan| plan.cache_bytes(plan.context))
    }

    /// Sequences of this program, computed in batches; `None` where program or executor don't allow it.
    pub fn session(&self) -> Option<Session<'_>> {
        let batches = self.batches()?;
        Some(Session::new(
            &batches.plan,
            batches.prepared.workshop(MOST_ROWS),
        ))
    }

    /// The first state of a request whose layers are computed in batches: slots that then nobody looks at are empty.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub(crate) fn first_state(&self, prompt: &[u8], params: &Params) -> Result<State, StateError> {
        let unseen = self
            .batches()
            .map_or(&[][..], |batches| &batches.plan.unseen);
        State::first_without(&self.program, prompt, params, unseen)
    }

    /// The tokens slot, which the first node of the graph writes.
    pub(crate) fn tokens<'a>(&self, state: &'a State) -> &'a [u32] {
        state.slot(self.wired[0].output)
    }

    /// Token `index` of it.
    pub(crate) fn token(&self, state: &State, index: u32) -> u32 {
        let token = self.tokens(state).get(index as usize);
        token.copied().unwrap_or(0)
    }

    /// The same, to be written.
    pub(crate) fn token_mut<'a>(&self, state: &'a mut State, index: usize) -> &'a mut u32 {
        &mut state.slot_mut(self.wired[0].output)[index]
    }

    /// Runs the nodes that move a request on after its layers: the last one, and before it the one that finds stop texts.
    pub(crate) fn advance(&self, state: &mut State) {
        let find_stop = self.batches().and_then(|batches| batches.plan.find_stop);
        let found = find_stop.filter(|k| self.run_node(*k, state).is_some());
        self.run_node(self.program.nodes.len() - 1, state);
        // The count is a scratch slot: the next step finds it empty.
        if let Some(k) = found {
            state.clear(self.output_place(k));
        }
    }
}
