//! Batches in the sandbox: one instance holds what a batch passes through, and all of them share the rows of the matrices, so that each
//! thread multiplies with its own.
//!
//! - `linear`, `experts`: matrices, shared out
//! - `attention`, `rows`: all else, in the first instance

mod attention;
mod experts;
mod linear;
mod rows;

use super::WasmError;
use super::crew::{Crew, Places};
use super::free::FreePlaces;
use super::instance::Instance;
use super::memory::Place;
use crate::batch::opened::Opened;
use crate::batch::plan::{Buffer, Cache, Stage};
use crate::batch::workshop::{Planned, Prepared, Row, Workshop};
use gavel_kernels::cost;
use gavel_program::{Control, MAX_INPUTS, Node, Op, Operand};
use gavel_simd::attention::cache_positions;
use std::sync::Mutex;
use wasmtime::Module;

/// A program's weights in sandboxes. Instances live on from request to request; there are as many sets of them as requests at a time.
pub(super) struct WasmWeights {
    planned: Planned,
    module: Module,
    idle: Mutex<Vec<Crew>>,
}

impl WasmWeights {
    /// Puts the weights into a first set of instances, one for each thread of the pool in which this is called.
    ///
    /// # Errors
    /// [`WasmError`] when there is no sandbox.
    pub(super) fn new(planned: Planned, module: Module) -> Result<Self, WasmError> {
        let first = Crew::new(&planned, &module)?;
        Ok(WasmWeights {
            planned,
            module,
            idle: Mutex::new(vec![first]),
        })
    }
}

impl Prepared for WasmWeights {
    /// # Panics
    /// If there is no sandbox for one more request at a time.
    fn workshop(&self, rows: usize) -> Box<dyn Workshop + '_> {
        let idle = self.idle.lock().expect("no request panicked with it").pop();
        let mut crew = idle.unwrap_or_else(|| {
            Crew::new(&self.planned, &self.module).expect("a sandbox as there were before")
        });
        let places = Places::new(&self.planned, &mut crew, rows);
        Box::new(Bench {
            weights: self,
            places,
            crew: Some(crew),
            sequences: Opened::new(),
            free: FreePlaces::default(),
        })
    }
}

/// Why a bench has a crew.
const THERE: &str = "the crew is there until the request is answered";

/// A sequence's caches, one after the other in the first instance.
#[derive(Clone, Copy)]
struct Caches {
    /// Positions that there is memory for.
    positions: usize,
    place: Place,
}

/// The tensors of one batch at a time.
struct Bench<'a> {
    weights: &'a WasmWeights,
    /// Goes back when the request is answered; there until then.
    crew: Option<Crew>,
    places: Places,
    sequences: Opened<Caches>,
    /// Memory of closed ones.
    free: FreePlaces,
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        // After a panic its instances may be half-way through something: they go.
        if let (Some(crew), false) = (self.crew.take(), std::thread::panicking())
            && let Ok(mut idle) = self.weights.idle.lock()
        {
            idle.push(crew);
        }
    }
}

impl Workshop for Bench<'_> {
    fn open(&mut self, positions: usize) -> Option<usize> {
        let positions = cache_positions(positions);
        let widths = &self.weights.planned.plan.caches;
        let words = widths.iter().sum::<usize>() * positions;
        let memory = &mut self.crew.as_mut()?.instances[0].memory;
        let place = self.free.take(memory, words)?;
        Some(self.sequences.open(Caches { positions, place }))
    }

    fn close(&mut self, sequence: usize) {
        if let Some(caches) = self.sequences.close(sequence) {
            let crew = self.crew.as_mut().expect(THERE);
            self.free.give(&mut crew.instances[0].memory, caches.place);
        }
    }

    /// # Panics
    /// If a sequence is closed.
    fn copy(&mut self, from: usize, to: usize, positions: usize) {
        let rows: usize = self.weights.planned.plan.caches.iter().sum();
        let [from, to] = [from, to].map(|sequence| self.caches(sequence));
        for row in 0..rows {
            let [from, to] =
                [from, to].map(|caches| caches.place.part(row * caches.positions, positions));
            self.first()
                .memory
                .copy(from, to)
                .expect("caches lie in the memory");
        }
    }

    /// # Panics
    /// If the sandbox stops a call, or has no memory left.
    fn run(&mut self, stage: &Stage, rows: &[Row], tokens: &[Vec<u32>], chosen: &mut Vec<u32>) {
        self.stage(stage, rows, tokens, chosen)
            .unwrap_or_else(|error| panic!("{stage:?} failed in the sandbox: {error:?}"));
    }

    fn words(&mut self, buffer: Buffer, row: usize) -> Vec<u32> {
        let place = self.row(buffer, row);
        let words = self.first().memory.words(place);
        words.expect("a buffer lies in the memory").to_vec()
    }

    fn keep(&mut self, buffer: Buffer, rows: &[usize]) {
        let (width, place) = (self.width(buffer), self.places.buffers[buffer.0]);
        let words = self
            .first()
            .memory
            .words(place)
            .expect("a buffer lies in the memory");
        for (to, from) in rows.iter().enumerate() {
            words.copy_within(from * width..(from + 1) * width, to * width);
        }
    }
}

impl Bench<'_> {
    fn crew(&mut self) -> &mut Crew {
        self.crew.as_mut().expect(THERE)
    }

    fn first(&mut self) -> &mut Instance {
        &mut self.crew().instances[0]
    }

    /// A sequence's caches.
    fn caches(&self, sequence: usize) -> Caches {
        *self.sequences.of(sequence)
    }

    /// The place of one of them.
    fn cache(&self, caches: Caches, cache: Cache) -> Place {
        let widths = &self.weights.planned.plan.caches;
        let before: usize = widths[..cache.0].iter().sum();
        let (from, words) = (
            before * caches.positions,
            widths[cache.0] * caches.positions,
        );
        caches.place.part(from, words)
    }

    fn width(&self, buffer: Buffer) -> usize {
        self.weights.planned.plan.widths[buffer.0]
    }

    fn node(&self, k: usize) -> Node {
        self.weights.planned.program.nodes[k]
    }

    /// The place of a buffer's row.
    fn row(&self, buffer: Buffer, row: usize) -> Place {
        let width = self.width(buffer);
        self.places.buffers[buffer.0].part(row * width, width)
    }

    fn stage(
        &mut self,
        stage: &Stage,
        rows: &[Row],
        tokens: &[Vec<u32>],
        chosen: &mut Vec<u32>,
    ) -> Result<(), wasmtime::Error> {
        match stage {
            Stage::Embed { nodes, out } => self.embed(nodes, *out, rows),
            Stage::Linear { x, cols, parts } => self.linear(*x, *cols, parts, rows.len()),
            Stage::Store { x, cache } => self.store(*x, *cache, rows),
            Stage::Attention(stage) => self.attention(stage, rows),
            Stage::Row { node, out } => self.on_rows(*node, *out, rows),
            Stage::Sample { node } => self.sample(*node, rows, chosen),
            Stage::Penalize { node, logits } => self.penalize(*node, *logits, rows, tokens),
        }
    }

    /// What the instance may spend on a node for so many rows: what its tiles cost at most on the proving machine, whose instructions
    /// do less.
    fn allow(&mut self, k: usize, rows: usize) -> Result<(), wasmtime::Error> {
        let fuel = allowance(&self.node(k), rows);
        self.first().memory.allow(fuel)
    }

    fn embed(&mut self, nodes: &[usize], out: Buffer, rows: &[Row]) -> Result<(), wasmtime::Error> {
        for k in nodes {
            self.embed_shard(*k, out, rows)?;
        }
        Ok(())
    }

    fn embed_shard(&mut self, k: usize, out: Buffer, rows: &[Row]) -> Result<(), wasmtime::Error> {
        let mut node = self.node(k);
        if let Op::Embed(p) = &mut node.op {
            p.tokens_capacity = 1;
        }
        for (at, row) in rows.iter().enumerate() {
            let token = self.places.token;
            self.first().memory.write(token, &[row.token])?;
            let control = Control {
                position: 0,
                ..row.control
            };
            let range = 0..self.width(out);
            let place = self.row(out, at);
            self.defined(k, &node, &control, |_| token, range, place)?;
        }
        Ok(())
    }

    /// The place of a weight that is read as it is.
    fn plain(&mut self, index: usize) -> Place {
        self.crew().plain[index].expect("every weight that a row's node reads is in place")
    }

    /// An operator as it is defined; `slot` gives the places of what isn't a weight.
    fn defined(
        &mut self,
        k: usize,
        node: &Node,
        control: &Control,
        slot: impl Fn(usize) -> Place,
        range: std::ops::Range<usize>,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let mut list = Vec::with_capacity(2 * MAX_INPUTS);
        for (at, operand) in node.inputs().iter().enumerate() {
            let place = match operand {
                Operand::Weight(index) => self.plain(*index as usize),
                Operand::Slot(_) => slot(at),
            };
            list.extend(place.listed());
        }
        self.allow(k, 1)?;
        let places = &self.places;
        let (record_at, control_at) = (places.record, places.control);
        let (list_at, scratch) = (places.list.part(0, list.len()), places.scratch);
        let first = self.first();
        first.memory.write(record_at, &node.encode())?;
        first.memory.write(control_at, &control.encode())?;
        first.memory.write(list_at, &list)?;
        first.run_range([record_at, control_at, list_at], range, out, scratch)
    }
}

/// What a node's tiles cost at most, for so many rows.
fn allowance(node: &Node, rows: usize) -> u64 {
    let shape = gavel_kernels::shape::output(&node.op);
    let tiles = shape.len.div_ceil(shape.dtype.per_tile() as u64);
    tiles.saturating_mul(cost(node)).saturating_mul(rows as u64)
}
