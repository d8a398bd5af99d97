//! Runs a program, node by node.

use crate::batch::flow::{self, Checked};
use crate::batch::plan::Plan;
use crate::batch::session::{MOST_ROWS, Session};
use crate::batch::workshop::{Planned, Prepared};
use crate::spare::Spare;
use crate::{Call, Executor, Scores, State, StateError};
use gavel_kernels::{shape, touched_by};
use gavel_primitives::{Hash, Params, ResultCommitment, Status, StatusCode, root_of_bytes};
use gavel_program::{Op, Operand, Program, ProgramTrees, TILE_BYTES};
use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

/// Where a node's operand lies.
#[derive(Clone, Copy, Debug)]
enum Source {
    Slot(usize),
    Weight(usize),
}

/// A node with its operands found.
#[derive(Clone, Debug)]
struct Wired {
    inputs: Vec<Source>,
    output: usize,
    /// Elements of a tile, and words of the output's tree.
    per_tile: usize,
    per_word: usize,
}

/// A program with who computes it.
pub struct Engine {
    program: Arc<Program>,
    trees: ProgramTrees,
    plan: Vec<Wired>,
    executor: Box<dyn Executor>,
    batches: OnceLock<Option<Batches>>,
    spare: Spare,
}

/// What a program's batches are computed with.
struct Batches {
    plan: Arc<Plan>,
    prepared: Box<dyn Prepared>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended, as the control slot says, with a name or without.
    pub status: StatusCode,
    /// Tokens of the prompt, with BOS.
    pub prompt_tokens: Vec<u32>,
    /// Tokens generated, without the end token.
    pub tokens: Vec<u32>,
    /// The answer's bytes.
    pub output: Vec<u8>,
    /// Tokens generated, as the control slot says; after an honest run the length of `tokens`.
    pub tokens_out: u32,
    /// Bytes of the answer, as the control slot says; after an honest run the length of `output`.
    pub output_len: u32,
    /// The whole output slot; after an honest run zero past the answer.
    pub output_slot: Vec<u8>,
    /// Steps of the program until it was done.
    pub steps: u64,
}

impl Outcome {
    /// What a batch says of this outcome. A request that was not done has no output, and so the zero tree's root.
    pub fn result(&self, request_id: Hash, program: &Program) -> ResultCommitment {
        // Zeros past the last other byte are what the tree is padded with: they need no hashing.
        let end = self.output_slot.iter().rposition(|byte| *byte != 0);
        let written = &self.output_slot[..end.map_or(0, |last| last + 1)];
        ResultCommitment {
            request_id,
            status: self.status,
            tokens_out: self.tokens_out,
            output_len: self.output_len,
            output_root: root_of_bytes(written, program.header.output_depth),
        }
    }
}

impl Engine {
    /// An engine for a program that passed its check.
    ///
    /// # Panics
    /// If a node names a slot or weight that the program doesn't have.
    pub fn new(program: Arc<Program>, executor: Box<dyn Executor>) -> Self {
        let place = |index| {
            program
                .slot_place(index)
                .expect("a checked program names slots that there are")
        };
        let source = |operand: &Operand| match operand {
            Operand::Slot(index) => Source::Slot(place(*index)),
            Operand::Weight(index) => Source::Weight(*index as usize),
        };
        let plan = program
            .nodes
            .iter()
            .map(|node| {
                let dtype = shape::output(&node.op).dtype;
                Wired {
                    inputs: node.inputs().iter().map(source).collect(),
                    output: place(node.output),
                    per_tile: TILE_BYTES * 8 / dtype.bits(),
                    per_word: 32 / dtype.bits(),
                }
            })
            .collect();
        Engine {
            trees: ProgramTrees::new(&program),
            plan,
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
        self.plan[k].output
    }

    /// The words of node `k`'s inputs in a state.
    pub fn inputs<'a>(&'a self, k: usize, state: &'a State) -> Vec<&'a [u32]> {
        let words = |source: &Source| match source {
            Source::Slot(place) => state.slot(*place),
            Source::Weight(index) => (*self.program.weights[*index].words).as_ref(),
        };
        self.plan[k].inputs.iter().map(words).collect()
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
        let planned = &self.plan[k];
        let touched = touched_by(node, &control, &self.inputs(k, state));
        if touched.is_empty() {
            return None;
        }
        let end = state.slot(planned.output).len() * planned.per_word;
        let range = touched.start / planned.per_tile * planned.per_tile
            ..touched.end.next_multiple_of(planned.per_tile).min(end);
        let words = range.start / planned.per_word..range.end / planned.per_word;
        let own =
            |source: &Source| matches!(source, Source::Slot(place) if *place == planned.output);
        let mut slot = state.take_out(planned.output, &words);
        // A node may read the slot that it writes: that one it reads as it was.
        let before = planned.inputs.iter().any(own).then(|| slot.clone());
        let mut inputs = self.inputs(k, state);
        for (input, source) in inputs.iter_mut().zip(&planned.inputs) {
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
        state.put_back(planned.output, slot);
        Some(words)
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

    /// Answers a request. `on_token` is told of every token generated, as it comes.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer(
        &self,
        prompt: &[u8],
        params: &Params,
        mut on_token: impl FnMut(u32),
    ) -> Result<Outcome, StateError> {
        match self.session() {
            Some(mut session) => {
                let on_token = &mut |token, _: Option<&Scores>| on_token(token);
                let checked = flow::answer(self, &mut session, prompt, params, &[], None, on_token);
                Ok(checked?.outcome)
            }
            None => self.answer_by_nodes(prompt, params, on_token),
        }
    }

    /// The same, with the score of every token and those of the `top` most probable ones at its place.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer_scored(
        &self,
        prompt: &[u8],
        params: &Params,
        top: u32,
        mut on_token: impl FnMut(u32, &Scores),
    ) -> Result<Outcome, StateError> {
        let Some(mut session) = self.session() else {
            return self.scored_by_nodes(prompt, params, top, on_token);
        };
        let on_token = &mut |token, scores: Option<&Scores>| {
            on_token(token, scores.expect("scores of every token are wanted"));
        };
        let top = Some(top);
        let checked = flow::answer(self, &mut session, prompt, params, &[], top, on_token);
        Ok(checked?.outcome)
    }

    /// The same node by node.
    pub(crate) fn scored_by_nodes(
        &self,
        prompt: &[u8],
        params: &Params,
        top: u32,
        mut on_token: impl FnMut(u32, &Scores),
    ) -> Result<Outcome, StateError> {
        let mut state = State::first(&self.program, prompt, params)?;
        let mut steps = 0;
        while !state.control().is_done() && steps < self.program.header.steps() {
            let before = state.control();
            let mut logits = None;
            for (k, node) in self.program.nodes.iter().enumerate() {
                let runs = node.predicate & before.phase().bit() != 0;
                if runs && matches!(node.op, Op::Penalize(_) | Op::Sample(_)) {
                    logits.get_or_insert_with(|| self.inputs(k, &state)[0].to_vec());
                }
                self.run_node(k, &mut state);
            }
            self.end_step(&mut state);
            steps += 1;
            let after = state.control();
            if after.tokens_out > before.tokens_out {
                let token = self.token(&state, after.prompt_tokens + after.tokens_out - 1);
                let logits = logits.unwrap_or_default();
                let numbers = &bytemuck::cast_slice(&logits)[..self.vocabulary()];
                on_token(token, &Scores::of(numbers, token, top as usize));
            }
        }
        Ok(self.outcome(&state, steps))
    }

    /// Tokens that the sampler chooses from, 0 where there is none.
    fn vocabulary(&self) -> usize {
        let sampled = self.program.nodes.iter().find_map(|node| match &node.op {
            Op::Sample(p) => Some(p.vocab as usize),
            _ => None,
        });
        sampled.unwrap_or(0)
    }

    /// Answers a request along the tokens that somebody says it has: as long as they are right they are computed in batches, and what
    /// comes after the first wrong one is computed as ever.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn check(
        &self,
        prompt: &[u8],
        params: &Params,
        tokens: &[u32],
    ) -> Result<Checked, StateError> {
        if let Some(mut session) = self.session() {
            let ignore = &mut |_, _: Option<&Scores>| {};
            return flow::answer(self, &mut session, prompt, params, tokens, None, ignore);
        }
        let outcome = self.answer_by_nodes(prompt, params, |_| {})?;
        let same = outcome
            .tokens
            .iter()
            .zip(tokens)
            .take_while(|(a, b)| a == b);
        Ok(Checked {
            agreed: same.count(),
            passes: outcome.steps as usize,
            outcome,
        })
    }

    /// Answers a request node by node, as it is defined: what batches are held against.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer_by_nodes(
        &self,
        prompt: &[u8],
        params: &Params,
        mut on_token: impl FnMut(u32),
    ) -> Result<Outcome, StateError> {
        let mut state = self.spare.first(&self.program, prompt, params)?;
        let mut steps = 0;
        while !state.control().is_done() && steps < self.program.header.steps() {
            let before = state.control();
            self.run_step(&mut state, |_, _, _| {});
            self.end_step(&mut state);
            steps += 1;
            let after = state.control();
            if after.tokens_out > before.tokens_out {
                on_token(self.token(&state, after.prompt_tokens + after.tokens_out - 1));
            }
        }
        let outcome = self.outcome(&state, steps);
        self.spare.put(state);
        Ok(outcome)
    }

    /// The outcome that a state shows.
    pub fn outcome(&self, state: &State, steps: u64) -> Outcome {
        let control = state.control();
        if !control.is_done() {
            return Outcome {
                status: Status::StepLimit.into(),
                prompt_tokens: Vec::new(),
                tokens: Vec::new(),
                output: Vec::new(),
                tokens_out: 0,
                output_len: 0,
                output_slot: Vec::new(),
                steps,
            };
        }
        let output = self
            .program
            .slot_place(self.program.header.output_slot)
            .expect("a checked program has an output slot");
        let bytes: &[u8] = bytemuck::cast_slice(state.slot(output));
        let tokens = state.slot(self.plan[0].output);
        let end = |count: u32| tokens.len().min(count as usize);
        let prompt_end = end(control.prompt_tokens);
        let tokens_end = end(control.prompt_tokens.saturating_add(control.tokens_out));
        Outcome {
            status: StatusCode::from(control.status),
            prompt_tokens: tokens[..prompt_end].to_vec(),
            tokens: tokens[prompt_end..tokens_end].to_vec(),
            output: bytes[..bytes.len().min(control.output_len as usize)].to_vec(),
            tokens_out: control.tokens_out,
            output_len: control.output_len,
            output_slot: bytes.to_vec(),
            steps,
        }
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
        state.slot(self.plan[0].output)
    }

    /// Token `index` of it.
    pub(crate) fn token(&self, state: &State, index: u32) -> u32 {
        let token = self.tokens(state).get(index as usize);
        token.copied().unwrap_or(0)
    }

    /// The same, to be written.
    pub(crate) fn token_mut<'a>(&self, state: &'a mut State, index: usize) -> &'a mut u32 {
        &mut state.slot_mut(self.plan[0].output)[index]
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
