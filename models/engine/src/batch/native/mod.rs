//! Batches in native code, on the threads of the rayon pool in which they are called.
//!
//! - `weights`: a program's matrices, packed; `linear`, `experts`: what is multiplied with them
//! - `caches`, `attention`: rows of caches, and what reads them
//! - `rows`: operators that stay within a row
//! - `tokens`: operators that read or choose tokens
//! - `split`: work for several threads

mod attention;
mod caches;
mod experts;
mod linear;
mod rows;
mod split;
mod tokens;
mod weights;

use super::opened::Opened;
use super::plan::{Buffer, Input, Stage};
use super::workshop::{Planned, Prepared, Row, Workshop};
use crate::Call;
use crate::packed_store::{Line, PackedStore};
use caches::Caches;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::{Control, MAX_INPUTS, Node, Operand};
use gavel_simd::{GROUP, Level, linear::Outputs};
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
                    activations = activations.max(linear::words(rows, *cols));
                    outputs = outputs.max(rows * parts.iter().map(linear::groups).sum::<usize>());
                }
                Stage::Row { node, out } => {
                    activations = activations.max(experts::words(self.node(*node), rows));
                    if rows::in_place(&plan.inputs[*node], *out) {
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
            sequences: Opened::new(),
            activations: vec![Line([0; 64]); (4 * activations).div_ceil(size_of::<Line>())],
            outputs: vec![[0.0; GROUP]; outputs],
            before: vec![0; before],
        })
    }
}

/// The tensors of one batch at a time.
struct Bench<'a> {
    native: &'a Native,
    buffers: Vec<Vec<u32>>,
    sequences: Opened<Caches>,
    activations: Vec<Line>,
    outputs: Vec<Outputs>,
    /// What a node that writes one of its inputs reads.
    before: Vec<u32>,
}

impl Workshop for Bench<'_> {
    fn open(&mut self, positions: usize) -> Option<usize> {
        let caches = Caches::new(&self.native.planned.plan.caches, positions);
        Some(self.sequences.open(caches))
    }

    fn close(&mut self, sequence: usize) {
        self.sequences.close(sequence);
    }

    fn copy(&mut self, from: usize, to: usize, positions: usize) {
        let (from, to) = self.sequences.two(from, to);
        to.copy_from(from, positions);
    }

    fn run(&mut self, stage: &Stage, rows: &[Row], tokens: &[Vec<u32>], chosen: &mut Vec<u32>) {
        match stage {
            Stage::Embed { nodes, out } => self.embed(nodes, *out, rows),
            Stage::Linear { x, cols, parts } => self.linear(*x, *cols, parts, rows.len()),
            Stage::Store { x, cache } => self.store(*x, *cache, rows),
            Stage::Attention(stage) => self.attention(stage, rows),
            Stage::Row { node, out } => self.row(*node, *out, rows),
            Stage::Sample { node } => self.sample(*node, rows, chosen),
            Stage::Penalize { node, logits } => self.penalize(*node, *logits, rows, tokens),
        }
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

    /// A row of a buffer.
    fn row_of(&self, input: Input, row: usize) -> &[u32] {
        match input {
            Input::Row(buffer) => {
                &self.buffers[buffer.0][row * self.width(buffer)..][..self.width(buffer)]
            }
            Input::Weight(index) => self.native.weight(index),
        }
    }
}
