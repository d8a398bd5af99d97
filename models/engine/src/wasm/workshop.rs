//! Batches in the sandbox: one instance holds what a batch passes through, and all of them share the rows of the matrices, so that each
//! thread multiplies with its own.

use super::WasmError;
use super::crew::{Crew, Places};
use super::free::FreePlaces;
use super::instance::{Instance, Place};
use super::matrices::Held;
use crate::batch::plan::{Buffer, Cache, Input, Part, Stage};
use crate::batch::workshop::{Planned, Prepared, Row, Workshop};
use gavel_kernels::cost;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::Pairing;
use gavel_program::{Control, MAX_INPUTS, Node, Op, Operand};
use gavel_simd::attention::{Shape, cache_positions};
use gavel_simd::{Activations, GROUP};
use rayon::prelude::*;
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
            sequences: Vec::new(),
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
    /// Of each sequence its caches; `None` for one that is closed.
    sequences: Vec<Option<Caches>>,
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
        let first = &mut self.crew.as_mut()?.instances[0];
        let place = self.free.take(first, words)?;
        let caches = Some(Caches { positions, place });
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
        if let Some(caches) = self.sequences[sequence].take() {
            let crew = self.crew.as_mut().expect(THERE);
            self.free.give(&mut crew.instances[0], caches.place);
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
                .copy(from, to)
                .expect("caches lie in the memory");
        }
    }

    /// # Panics
    /// If the sandbox stops a call, or has no memory left.
    fn run(&mut self, stage: &Stage, rows: &[Row], chosen: &mut Vec<u32>) {
        self.stage(stage, rows, chosen)
            .unwrap_or_else(|error| panic!("{stage:?} failed in the sandbox: {error:?}"));
    }

    /// # Panics
    /// If the sandbox stops a call.
    fn penalize(&mut self, node: usize, logits: Buffer, rows: &[Row], tokens: &[Vec<u32>]) {
        for (at, row) in rows.iter().enumerate() {
            if row.control.penalizes() {
                let history = &tokens[row.sequence][..=row.position()];
                let logits = self.row(logits, at);
                self.penalize_row(node, &row.control, history, logits)
                    .unwrap_or_else(|error| panic!("penalties failed in the sandbox: {error:?}"));
            }
        }
    }

    fn keep(&mut self, buffer: Buffer, rows: &[usize]) {
        let (width, place) = (self.width(buffer), self.places.buffers[buffer.0]);
        let words = self
            .first()
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
        self.sequences[sequence].expect("a row's sequence is open")
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
        chosen: &mut Vec<u32>,
    ) -> Result<(), wasmtime::Error> {
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
            Stage::Row { node, out } => self.on_rows(*node, *out, rows),
            Stage::Sample { node } => self.sample(*node, rows, chosen),
            Stage::Penalize { .. } => unreachable!("a session runs penalties by their own call"),
        }
    }

    /// What the instance may spend on a node for so many rows: what its tiles cost at most on the proving machine, whose instructions
    /// do less.
    fn allow(&mut self, k: usize, rows: usize) -> Result<(), wasmtime::Error> {
        let fuel = allowance(&self.node(k), rows);
        self.first().allow(fuel)
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
            self.first().write(token, &[row.token])?;
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

    fn store(&mut self, x: Buffer, cache: Cache, rows: &[Row]) -> Result<(), wasmtime::Error> {
        for (at, row) in rows.iter().enumerate() {
            let caches = self.caches(row.sequence);
            let (x, cache) = (self.row(x, at), self.cache(caches, cache));
            let (positions, position) = (caches.positions, row.position());
            let first = self.first();
            first.allow(1 << 20)?;
            first.store(x, positions, position, cache)?;
        }
        Ok(())
    }

    fn attention(
        &mut self,
        q: Buffer,
        caches: [Cache; 2],
        shape: &Shape,
        out: Buffer,
        rows: &[Row],
    ) -> Result<(), wasmtime::Error> {
        let own = shape.group * shape.head_dim;
        let heads = self.width(out) / own;
        let scratch = self.places.scratch;
        for (at, row) in rows.iter().enumerate() {
            let own_caches = self.caches(row.sequence);
            let shape = Shape {
                positions: own_caches.positions,
                ..*shape
            };
            let cache = shape.head_dim * shape.positions;
            let [keys, values] = caches.map(|cache| self.cache(own_caches, cache));
            let (q, out) = (self.row(q, at), self.row(out, at));
            let position = row.position();
            let first = self.first();
            for head in 0..heads {
                // A few instructions for each element of each position.
                first.allow((1 << 20) + (64 * own * (position + 64)) as u64)?;
                let [keys, values] = [keys, values].map(|place| place.part(head * cache, cache));
                let (q, out) = (q.part(head * own, own), out.part(head * own, own));
                first.attend(&shape, [q, keys, values], position, scratch, out)?;
            }
        }
        Ok(())
    }

    fn on_rows(&mut self, k: usize, out: Buffer, rows: &[Row]) -> Result<(), wasmtime::Error> {
        let node = self.node(k);
        let width = self.width(out);
        let all = self.places.buffers[out.0].part(0, rows.len() * width);
        let inputs = self.weights.planned.plan.inputs[k].clone();
        let own = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
        self.allow(k, rows.len())?;
        match (&node.op, &inputs[..]) {
            (Op::RmsNorm(p), [Input::Row(x), Input::Weight(weight)]) if *x != out => {
                let x = self.places.buffers[x.0].part(0, all.words);
                let weight = self.plain(*weight);
                let dim = p.dim as usize;
                return self.first().rms_norm(x, weight.part(0, dim), p.eps, all);
            }
            (Op::Add(_), [a, b]) if own(a) && !own(b) => {
                let b = match b {
                    Input::Row(b) => self.places.buffers[b.0].part(0, all.words),
                    Input::Weight(b) => self.plain(*b).part(0, width),
                };
                return self.first().add(b, all);
            }
            (Op::SwiGlu(_), [Input::Row(gate), Input::Row(up)]) if *gate != out && *up != out => {
                let [gate, up] =
                    [gate, up].map(|input| self.places.buffers[input.0].part(0, all.words));
                return self.first().swiglu(gate, up, all);
            }
            _ => {}
        }
        let before = self.places.before.part(0, all.words);
        if inputs.iter().any(own) {
            self.first().copy(all, before)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let place = self.row(out, at);
            let input = |this: &Self, buffer: Buffer| match buffer == out {
                true => before.part(at * width, width),
                false => this.row(buffer, at),
            };
            if let (Op::Rope(p), [Input::Row(x), Input::Weight(table)]) = (&node.op, &inputs[..]) {
                let rotary = p.rotary as usize;
                let turns = self.plain(*table).part(row.position() * rotary, rotary);
                let x = input(self, *x);
                let neighbours = p.pairing == Pairing::Neighbours;
                let head_dim = p.head_dim as usize;
                self.allow(k, 1)?;
                self.first().rope(x, head_dim, neighbours, turns, place)?;
                continue;
            }
            let places: Vec<Place> = inputs
                .iter()
                .map(|given| match given {
                    Input::Row(buffer) => input(self, *buffer),
                    Input::Weight(index) => self.plain(*index),
                })
                .collect();
            self.defined(k, &node, &row.control, |at| places[at], 0..width, place)?;
        }
        Ok(())
    }

    fn sample(
        &mut self,
        k: usize,
        rows: &[Row],
        chosen: &mut Vec<u32>,
    ) -> Result<(), wasmtime::Error> {
        let node = self.node(k);
        let inputs = self.weights.planned.plan.inputs[k].clone();
        for (at, row) in rows.iter().enumerate() {
            let places: Vec<Place> = inputs
                .iter()
                .map(|input| match input {
                    Input::Row(buffer) => self.row(*buffer, at),
                    Input::Weight(index) => self.plain(*index),
                })
                .collect();
            let next = row.position() + 1;
            let token = self.places.token;
            self.defined(
                k,
                &node,
                &row.control,
                |at| places[at],
                next..next + 1,
                token,
            )?;
            chosen.push(self.first().words(token)?[0]);
        }
        Ok(())
    }

    fn penalize_row(
        &mut self,
        k: usize,
        control: &Control,
        history: &[u32],
        logits: Place,
    ) -> Result<(), wasmtime::Error> {
        let mut node = self.node(k);
        if let Op::Penalize(p) = &mut node.op {
            p.tokens_capacity = history.len() as u32;
        }
        let before = self.places.before.part(0, logits.words);
        let tokens = self.places.history.part(0, history.len());
        self.first().copy(logits, before)?;
        self.first().write(tokens, history)?;
        let inputs = [before, tokens];
        self.defined(k, &node, control, |at| inputs[at], 0..logits.words, logits)
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
        first.write(record_at, &node.encode())?;
        first.write(control_at, &control.encode())?;
        first.write(list_at, &list)?;
        first.run_range([record_at, control_at, list_at], range, out, scratch)
    }

    /// Matrices that read the same vectors: each instance multiplies with its rows, and the products go back to the first one.
    fn linear(
        &mut self,
        x: Buffer,
        cols: usize,
        parts: &[Part],
        vectors: usize,
    ) -> Result<(), wasmtime::Error> {
        let program = &self.weights.planned.program;
        let held = Held::of(program, parts[0].node);
        let alike = |part: &Part| Held::of(program, part.node) == held;
        if held == Held::AsItIs || !parts.iter().all(alike) {
            return self.as_they_are(x, parts, vectors);
        }
        let fuel: u64 = parts
            .iter()
            .map(|part| allowance(&self.node(part.node), vectors))
            .sum();
        let x = self.places.buffers[x.0].part(0, vectors * cols);
        let words = match held {
            Held::Packed => Activations::words(vectors, cols),
            _ => x.words,
        };
        let ready: Vec<Place> = self
            .places
            .vectors
            .iter()
            .map(|place| place.part(0, words))
            .collect();
        let products = self.places.products.clone();
        let outs: Vec<Place> = parts
            .iter()
            .map(|part| self.places.buffers[part.out.0].part(0, vectors * self.width(part.out)))
            .collect();
        let widths: Vec<usize> = parts.iter().map(|part| self.width(part.out)).collect();
        let crew = self.crew();
        let first = &mut crew.instances[0];
        first.allow(fuel)?;
        match held {
            Held::Packed => first.quantize(x, vectors, cols, ready[0])?,
            _ => first.copy(x, ready[0])?,
        }
        let copied = match crew.instances.len() {
            1 => Vec::new(),
            _ => crew.instances[0].words(ready[0])?.to_vec(),
        };
        crew.instances
            .par_iter_mut()
            .zip(&crew.matrices)
            .enumerate()
            .try_for_each(|(index, (instance, matrices))| {
                if index > 0 {
                    instance.write(ready[index], &copied)?;
                }
                instance.allow(fuel)?;
                let mut at = products[index];
                for part in parts {
                    at = matrices.multiply(instance, part.node, ready[index], vectors, at)?;
                }
                Ok::<(), wasmtime::Error>(())
            })?;
        for (index, matrices) in crew.matrices.iter().enumerate() {
            let mut at = products[index];
            for (part, (out, width)) in parts.iter().zip(outs.iter().zip(&widths)) {
                let groups = matrices.groups(part.node);
                let first = part.first / GROUP + groups.start;
                let place = at.part(0, groups.len() * vectors * GROUP);
                at = at.after(place.words);
                if index == 0 {
                    crew.instances[0].scatter(place, vectors, first, *width, *out)?;
                } else {
                    let own = crew.instances[index].words(place)?.to_vec();
                    let out = crew.instances[0].words(*out)?;
                    super::instance::scatter_into(&own, vectors, first, *width, out);
                }
            }
        }
        Ok(())
    }

    /// Matrices without a fast path, row by row.
    fn as_they_are(
        &mut self,
        x: Buffer,
        parts: &[Part],
        vectors: usize,
    ) -> Result<(), wasmtime::Error> {
        let control = Control::decode(&[0; CONTROL_WORDS]);
        for part in parts {
            let node = self.node(part.node);
            let range = part.first..part.first + part.rows;
            for at in 0..vectors {
                let x = self.row(x, at);
                let out = self.row(part.out, at).part(part.first, part.rows);
                self.defined(part.node, &node, &control, |_| x, range.clone(), out)?;
            }
        }
        Ok(())
    }
}

/// What a node's tiles cost at most, for so many rows.
fn allowance(node: &Node, rows: usize) -> u64 {
    let shape = gavel_kernels::shape::output(&node.op);
    let tiles = shape.len.div_ceil(shape.dtype.per_tile() as u64);
    tiles.saturating_mul(cost(node)).saturating_mul(rows as u64)
}
