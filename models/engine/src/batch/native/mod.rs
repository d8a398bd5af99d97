//! Batches in native code, on the threads of the rayon pool in which they are called.

mod caches;
mod experts;
mod linear;
mod split;
mod weights;

use super::plan::{Buffer, Cache, Input, Stage};
use super::workshop::{Planned, Prepared, Row, Workshop};
use crate::Call;
use crate::packed_store::PackedStore;
use crate::scratch::with_scratch;
use bytemuck::{cast_slice, cast_slice_mut};
use caches::{Caches, caches_of};
use gavel_kernels::run_range;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::Pairing;
use gavel_program::{Control, MAX_INPUTS, Node, Op, Operand};
use gavel_simd::attention::{Shape, attention, store};
use gavel_simd::{Activations, GROUP, Level, linear::Outputs, rows};
use split::{for_each_chunk, for_each_chunk_of};
use std::mem::take;
use weights::Weights;

/// Multiply-adds that are worth a second thread: waking one and waiting for it takes some microseconds.
const WORTH: usize = 1 << 17;

/// Weights for the native executor.
pub(crate) struct Native {
    planned: Planned,
    weights: Weights,
    level: Level,
}

impl Native {
    /// Packs a program's matrices, or takes them from the store.
    pub(crate) fn new(planned: Planned, level: Level, store: &dyn PackedStore) -> Self {
        Native {
            weights: Weights::pack(&planned, store),
            planned,
            level,
        }
    }

    fn node(&self, k: usize) -> &Node {
        &self.planned.program.nodes[k]
    }

    fn weight(&self, index: usize) -> &[u32] {
        (*self.planned.program.weights[index].words).as_ref()
    }

    /// A node's inputs; `row` gives the words of what isn't a weight, by its place.
    fn views<'a>(&'a self, k: usize, row: impl Fn(usize) -> &'a [u32]) -> [&'a [u32]; MAX_INPUTS] {
        let mut views: [&[u32]; MAX_INPUTS] = [&[]; MAX_INPUTS];
        for (at, operand) in self.node(k).inputs().iter().enumerate() {
            views[at] = match operand {
                Operand::Weight(index) => self.weight(*index as usize),
                Operand::Slot(_) => row(at),
            };
        }
        views
    }
}

/// A control slot for operators that don't look at it.
fn any_control() -> Control {
    Control::decode(&[0; CONTROL_WORDS])
}

/// Whether a node writes one of its inputs.
fn in_place(inputs: &[Input], out: Buffer) -> bool {
    let same = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
    inputs.iter().any(same)
}

impl Prepared for Native {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) -> bool {
        linear::alone(self, call, out) || experts::alone(self, call, out)
    }

    fn workshop(&self, rows: usize) -> Box<dyn Workshop + '_> {
        let plan = &self.planned.plan;
        let stages = plan.body.iter().chain(&plan.head);
        let (mut activations, mut outputs, mut before) = (0, 0, 0);
        for stage in stages {
            match stage {
                Stage::Linear { cols, parts, .. } => {
                    activations =
                        activations.max(Activations::words(rows, cols.next_multiple_of(32)));
                    outputs = outputs.max(rows * parts.iter().map(linear::groups).sum::<usize>());
                }
                Stage::Row { node, out } => {
                    activations = activations.max(experts::words(self.node(*node), rows));
                    if in_place(&plan.inputs[*node], *out) {
                        before = before.max(rows * plan.widths[out.0]);
                    }
                }
                _ => {}
            }
        }
        Box::new(Bench {
            native: self,
            buffers: plan
                .widths
                .iter()
                .map(|width| vec![0; rows * width])
                .collect(),
            sequences: Vec::new(),
            activations: vec![0; activations],
            outputs: vec![[0.0; GROUP]; outputs],
            before: vec![0; before],
        })
    }
}

/// The tensors of one batch at a time.
struct Bench<'a> {
    native: &'a Native,
    buffers: Vec<Vec<u32>>,
    /// Of each sequence its caches; `None` for one that is closed.
    sequences: Vec<Option<Caches>>,
    activations: Vec<u32>,
    outputs: Vec<Outputs>,
    /// What a node that writes one of its inputs reads.
    before: Vec<u32>,
}

impl Workshop for Bench<'_> {
    fn open(&mut self, positions: usize) -> Option<usize> {
        let caches = Some(Caches::new(&self.native.planned.plan.caches, positions));
        match self.sequences.iter().position(Option::is_none) {
            Some(free) => {
                self.sequences[free] = caches;
                Some(free)
            }
            None => {
                self.sequences.push(caches);
                Some(self.sequences.len() - 1)
            }
        }
    }

    fn close(&mut self, sequence: usize) {
        self.sequences[sequence] = None;
    }

    fn copy(&mut self, from: usize, to: usize, positions: usize) {
        let mut caches = self.sequences[to].take();
        if let (Some(caches), Some(from)) = (&mut caches, &self.sequences[from]) {
            caches.copy_from(from, positions);
        }
        self.sequences[to] = caches;
    }

    fn run(&mut self, stage: &Stage, rows: &[Row], chosen: &mut Vec<u32>) {
        match stage {
            Stage::Embed { nodes, out } => self.embed(nodes, *out, rows),
            Stage::Linear { x, cols, parts } => self.linear(*x, *cols, parts, rows.len()),
            Stage::Store { x, cache } => self.store(*x, *cache, rows),
            Stage::Attention {
                q,
                keys,
                values,
                shape,
                out,
            } => self.attention(*q, [*keys, *values], shape, *out, rows),
            Stage::Row { node, out } => self.row(*node, *out, rows),
            Stage::Sample { node } => self.sample(*node, rows, chosen),
            Stage::Penalize { .. } => unreachable!("a session runs penalties by their own call"),
        }
    }

    fn penalize(&mut self, node: usize, logits: Buffer, rows: &[Row], tokens: &[Vec<u32>]) {
        let node = *self.native.node(node);
        let width = self.width(logits);
        let words = &mut self.buffers[logits.0][..rows.len() * width];
        for_each_chunk(words, width, rows.len() > 1, &|at, words: &mut [u32]| {
            let row = &rows[at];
            if !row.control.penalizes() {
                return;
            }
            let mut node = node;
            let history = &tokens[row.sequence][..=row.position()];
            if let Op::Penalize(p) = &mut node.op {
                p.tokens_capacity = history.len() as u32;
            }
            let before = words.to_vec();
            let inputs = [&before[..], history];
            with_scratch(|scratch| {
                run_range(&node, &row.control, &inputs, 0..width, words, scratch);
            });
        });
    }

    fn words(&mut self, buffer: Buffer, row: usize) -> Vec<u32> {
        self.row_of(Input::Row(buffer), row).to_vec()
    }

    fn keep(&mut self, buffer: Buffer, rows: &[usize]) {
        let width = self.width(buffer);
        let words = &mut self.buffers[buffer.0];
        for (to, from) in rows.iter().enumerate() {
            words.copy_within(from * width..(from + 1) * width, to * width);
        }
    }
}

impl Bench<'_> {
    fn width(&self, buffer: Buffer) -> usize {
        self.native.planned.plan.widths[buffer.0]
    }

    /// A row of the table: the operator itself, told that the tokens are this one. Shards that don't have it change nothing.
    fn embed(&mut self, nodes: &[usize], out: Buffer, rows: &[Row]) {
        let native = self.native;
        let width = self.width(out);
        let control = any_control();
        for k in nodes {
            let mut node = *native.node(*k);
            if let Op::Embed(p) = &mut node.op {
                p.tokens_capacity = 1;
            }
            for (row, out) in rows.iter().zip(self.buffers[out.0].chunks_exact_mut(width)) {
                let token = [row.token];
                let views = native.views(*k, |_| &token);
                let inputs = &views[..node.input_count];
                with_scratch(|scratch| run_range(&node, &control, inputs, 0..width, out, scratch));
            }
        }
    }

    fn store(&mut self, x: Buffer, cache: Cache, rows: &[Row]) {
        let width = self.width(x);
        let x = cast_slice(&self.buffers[x.0]);
        for (row, x) in rows.iter().zip(x.chunks_exact(width)) {
            let caches = self.sequences[row.sequence]
                .as_mut()
                .expect("a row's sequence is open");
            let (positions, cache) = (caches.positions, &mut caches.words[cache.0]);
            let cache = cast_slice_mut(cache);
            store(self.native.level, x, positions, row.position(), cache);
        }
    }

    fn attention(
        &mut self,
        q: Buffer,
        [keys, values]: [Cache; 2],
        shape: &Shape,
        out: Buffer,
        rows: &[Row],
    ) {
        let level = self.native.level;
        let width = self.width(out);
        let group = shape.group * shape.head_dim;
        let kv_heads = width / group;
        let mut words = take(&mut self.buffers[out.0]);
        let q: &[f32] = cast_slice(&self.buffers[q.0]);
        let sequences = &self.sequences;
        let seen: usize = rows.iter().map(|row| row.position() + 1).sum();
        let one = |chunk: usize, out: &mut [u32]| {
            let (row, head) = (&rows[chunk / kv_heads], chunk % kv_heads);
            let caches = caches_of(sequences, row);
            let shape = Shape {
                positions: caches.positions,
                ..*shape
            };
            let at = head * shape.head_dim * shape.positions;
            with_scratch(|scratch| {
                attention(
                    level,
                    &shape,
                    &q[chunk * group..][..group],
                    &cast_slice(&caches.words[keys.0])[at..],
                    &cast_slice(&caches.words[values.0])[at..],
                    row.position(),
                    cast_slice_mut(scratch),
                    cast_slice_mut(out),
                );
            });
        };
        let words_used = &mut words[..rows.len() * width];
        for_each_chunk(words_used, group, 4 * seen * width >= WORTH, &one);
        self.buffers[out.0] = words;
    }

    /// An operator on each row: those that take most time in vectors, the others as they are defined.
    fn row(&mut self, k: usize, out: Buffer, rows: &[Row]) {
        let mut words = take(&mut self.buffers[out.0]);
        let used = &mut words[..rows.len() * self.width(out)];
        let is_done = self.vectors(k, out, used)
            || self.rope(k, out, rows, used)
            || self.experts(k, out, rows.len(), used)
            || self.expert_sum(k, out, used);
        if !is_done {
            self.defined(k, out, rows, used);
        }
        self.buffers[out.0] = words;
    }

    /// The operators that have a fast path; `false` for others.
    fn vectors(&self, k: usize, out: Buffer, words: &mut [u32]) -> bool {
        let (native, level) = (self.native, self.native.level);
        let inputs = &native.planned.plan.inputs[k];
        let width = self.width(out);
        let worth = words.len() >= WORTH / 8;
        let own = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
        // The part of an input that belongs to `words` output words from row `first` on.
        let part = |at: usize, first: usize, words: usize| -> &[f32] {
            match inputs[at] {
                Input::Row(buffer) => cast_slice(&self.buffers[buffer.0][first * width..][..words]),
                Input::Weight(index) => &cast_slice(native.weight(index))[..width],
            }
        };
        match (&native.node(k).op, &inputs[..]) {
            (Op::RmsNorm(p), [x, Input::Weight(weight)]) if p.rows == 1 && !own(x) => {
                let weight = &cast_slice(native.weight(*weight))[..p.dim as usize];
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    let x = part(0, first, out.len());
                    rows::rms_norm(level, x, weight, p.eps, cast_slice_mut(out));
                });
            }
            (Op::Add(_), [a, b]) if own(a) && !own(b) => {
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    rows::add(level, part(1, first, out.len()), cast_slice_mut(out));
                });
            }
            (Op::SwiGlu(_), [gate, up]) if !own(gate) && !own(up) => {
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    let (gate, up) = (part(0, first, out.len()), part(1, first, out.len()));
                    rows::swiglu(level, gate, up, cast_slice_mut(out));
                });
            }
            _ => return false,
        }
        true
    }

    /// The rotary embedding; `false` for other operators.
    fn rope(&mut self, k: usize, out: Buffer, rows: &[Row], words: &mut [u32]) -> bool {
        let (native, width) = (self.native, self.width(out));
        let Op::Rope(p) = &native.node(k).op else {
            return false;
        };
        let inputs = &native.planned.plan.inputs[k];
        let [Input::Row(x), Input::Weight(table)] = inputs[..] else {
            return false;
        };
        if x == out {
            self.before[..words.len()].copy_from_slice(words);
        }
        let x = if x == out {
            &self.before
        } else {
            &self.buffers[x.0]
        };
        let table: &[f32] = cast_slice(native.weight(table));
        let rotary = p.rotary as usize;
        let each = |row: usize, out: &mut [u32]| {
            let turns = &table[rows[row].position() * rotary..][..rotary];
            let (x, out) = (cast_slice(&x[row * width..][..width]), cast_slice_mut(out));
            let neighbours = p.pairing == Pairing::Neighbours;
            rows::rope(native.level, x, p.head_dim as usize, neighbours, turns, out);
        };
        for_each_chunk(words, width, words.len() >= WORTH / 8, &each);
        true
    }

    /// An operator as it is defined, row by row.
    fn defined(&mut self, k: usize, out: Buffer, rows: &[Row], words: &mut [u32]) {
        let native = self.native;
        let inputs = &native.planned.plan.inputs[k];
        let width = self.width(out);
        let own = in_place(inputs, out);
        if own {
            self.before[..words.len()].copy_from_slice(words);
        }
        let worth = rows.len() > 1 && words.len() >= WORTH / 64;
        let (node, this) = (native.node(k), &*self);
        for_each_chunk(words, width, worth, &|row, words: &mut [u32]| {
            let views = native.views(k, |at| match inputs[at] {
                Input::Row(buffer) if buffer == out => &this.before[row * width..][..width],
                _ => this.row_of(inputs[at], row),
            });
            let (control, inputs) = (&rows[row].control, &views[..node.input_count]);
            with_scratch(|scratch| {
                run_range(node, control, inputs, 0..width, words, scratch);
            });
        });
    }

    /// A row of a buffer.
    fn row_of(&self, input: Input, row: usize) -> &[u32] {
        match input {
            Input::Row(buffer) => {
                &self.buffers[buffer.0][row * self.width(buffer)..][..self.width(buffer)]
            }
            Input::Weight(index) => self.native.weight(index),
        }
    }

    fn sample(&mut self, k: usize, rows: &[Row], chosen: &mut Vec<u32>) {
        let native = self.native;
        let (node, inputs) = (native.node(k), &native.planned.plan.inputs[k]);
        let first = chosen.len();
        chosen.resize(first + rows.len(), 0);
        let this = &*self;
        for_each_chunk(&mut chosen[first..], 1, rows.len() > 1, &|at, token| {
            let views = native.views(k, |input| this.row_of(inputs[input], at));
            let (control, inputs) = (&rows[at].control, &views[..node.input_count]);
            let next = rows[at].position() + 1;
            with_scratch(|scratch| {
                run_range(node, control, inputs, next..next + 1, token, scratch);
            });
        });
    }
}
