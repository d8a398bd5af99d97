//! An instance of the kernels' module, for batches: its functions on places of its memory.

use super::WasmError;
use super::memory::{Memory, Place, RunRange};
use gavel_program::WeightFormat;
use gavel_simd::attention::{Shape, scratch_words};
use std::ops::Range;
use wasmtime::{Module, TypedFunc};

type Fn4 = TypedFunc<(u32, u32, u32, u32), ()>;
type Fn5 = TypedFunc<(u32, u32, u32, u32, u32), ()>;
type Fn6 = TypedFunc<(u32, u32, u32, u32, u32, u32), ()>;
type Fn7 = TypedFunc<(u32, u32, u32, u32, u32, u32, u32), ()>;
type Fn11 = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32), ()>;

/// An instance of the module.
pub(super) struct Instance {
    pub(super) memory: Memory,
    quantize: Fn4,
    packed: Fn7,
    grouped: Fn6,
    round: Fn4,
    rows: Fn7,
    attend: Fn11,
    store_row: Fn5,
    rms_norm: Fn6,
    add: Fn4,
    swiglu: Fn4,
    expert_sum: Fn7,
    rope: Fn7,
    run_range: RunRange,
}

impl Instance {
    /// An instance that imports nothing.
    ///
    /// # Errors
    /// [`WasmError`] when the engine refuses the module or it lacks a function.
    pub(super) fn new(module: &Module) -> Result<Self, WasmError> {
        let (mut memory, instance) = Memory::new(module)?;
        let of = &instance;
        Ok(Instance {
            quantize: memory.function(of, "quantize")?,
            packed: memory.function(of, "packed")?,
            grouped: memory.function(of, "grouped")?,
            round: memory.function(of, "round_vectors")?,
            rows: memory.function(of, "rows")?,
            attend: memory.function(of, "attend")?,
            store_row: memory.function(of, "store")?,
            rms_norm: memory.function(of, "rms_norm")?,
            add: memory.function(of, "add")?,
            swiglu: memory.function(of, "swiglu")?,
            expert_sum: memory.function(of, "expert_sum")?,
            rope: memory.function(of, "rope")?,
            run_range: RunRange::of(&mut memory, of)?,
            memory,
        })
    }

    pub(super) fn quantize(
        &mut self,
        x: Place,
        vectors: usize,
        cols: usize,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [x, out] = self.memory.ready([x, out])?;
        let arguments = (x, vectors as u32, cols as u32, out);
        self.quantize.call(&mut self.memory.store, arguments)
    }

    /// Vectors as matrices of 16-bit floating-point weights meet them.
    pub(super) fn round(
        &mut self,
        format: WeightFormat,
        x: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let len = x.words as u32;
        let [x, out] = self.memory.ready([x, out])?;
        let arguments = (format as u32, x, len, out);
        self.round.call(&mut self.memory.store, arguments)
    }

    #[allow(clippy::too_many_arguments)] // as the module's function has them
    pub(super) fn packed(
        &mut self,
        format: WeightFormat,
        rows: usize,
        cols: usize,
        matrix: Place,
        x: Place,
        vectors: usize,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [matrix, x, out] = self.memory.ready([matrix, x, out])?;
        let shape = (format as u32, rows as u32, cols as u32);
        let arguments = (shape.0, shape.1, shape.2, matrix, x, vectors as u32, out);
        self.packed.call(&mut self.memory.store, arguments)
    }

    #[allow(clippy::too_many_arguments)] // as the module's function has them
    pub(super) fn rows(
        &mut self,
        format: WeightFormat,
        rows: usize,
        cols: usize,
        matrix: Place,
        x: Place,
        vectors: usize,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [matrix, x, out] = self.memory.ready([matrix, x, out])?;
        let shape = (format as u32, rows as u32, cols as u32);
        let arguments = (shape.0, shape.1, shape.2, matrix, x, vectors as u32, out);
        self.rows.call(&mut self.memory.store, arguments)
    }

    pub(super) fn grouped(
        &mut self,
        groups: usize,
        cols: usize,
        matrix: Place,
        x: Place,
        vectors: usize,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [matrix, x, out] = self.memory.ready([matrix, x, out])?;
        let arguments = (groups as u32, cols as u32, matrix, x, vectors as u32, out);
        self.grouped.call(&mut self.memory.store, arguments)
    }

    pub(super) fn attend(
        &mut self,
        shape: &Shape,
        inputs: [Place; 3],
        position: usize,
        scratch: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [q, keys, values] = self.memory.ready(inputs)?;
        let seen = position + 1 - shape.first_seen(position);
        let [scratch, out] = self
            .memory
            .ready([scratch.part(0, scratch_words(seen)), out])?;
        let sizes = [shape.group, shape.head_dim, shape.positions, shape.window];
        let [group, head_dim, positions, window] = sizes.map(|size| size as u32);
        let position = position as u32;
        let arguments = (
            group,
            head_dim,
            positions,
            shape.scale,
            window,
            q,
            keys,
            values,
            position,
            scratch,
            out,
        );
        self.attend.call(&mut self.memory.store, arguments)
    }

    pub(super) fn store(
        &mut self,
        row: Place,
        positions: usize,
        position: usize,
        cache: Place,
    ) -> Result<(), wasmtime::Error> {
        let len = row.words as u32;
        let [row, cache] = self.memory.ready([row, cache])?;
        let arguments = (row, len, positions as u32, position as u32, cache);
        self.store_row.call(&mut self.memory.store, arguments)
    }

    /// Rows of `x` as long as `weight`.
    pub(super) fn rms_norm(
        &mut self,
        x: Place,
        weight: Place,
        eps: u32,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let (dim, count) = (weight.words as u32, (x.words / weight.words) as u32);
        let [x, weight, out] = self.memory.ready([x, weight, out])?;
        self.rms_norm
            .call(&mut self.memory.store, (x, count, weight, dim, eps, out))
    }

    pub(super) fn add(&mut self, b: Place, out: Place) -> Result<(), wasmtime::Error> {
        let (len, out_len) = (b.words as u32, out.words as u32);
        let [b, out] = self.memory.ready([b, out])?;
        self.add
            .call(&mut self.memory.store, (b, len, out, out_len))
    }

    pub(super) fn swiglu(
        &mut self,
        gate: Place,
        up: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let len = out.words as u32;
        let [gate, up, out] = self.memory.ready([gate, up, out])?;
        self.swiglu
            .call(&mut self.memory.store, (gate, up, len, out))
    }

    /// Experts' outputs, their numbers, and the probabilities of all experts.
    pub(super) fn expert_sum(
        &mut self,
        inputs: [Place; 3],
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [_, used, experts] = inputs.map(|place| place.words as u32);
        let dim = out.words as u32;
        let [x, chosen, probs] = self.memory.ready(inputs)?;
        let [out] = self.memory.ready([out])?;
        let arguments = (x, chosen, used, probs, experts, out, dim);
        self.expert_sum.call(&mut self.memory.store, arguments)
    }

    pub(super) fn rope(
        &mut self,
        x: Place,
        head_dim: usize,
        neighbours: bool,
        table: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let (len, rotary) = (x.words as u32, table.words as u32);
        let [x, table, out] = self.memory.ready([x, table, out])?;
        let turn = (head_dim as u32, u32::from(neighbours));
        let arguments = (x, len, turn.0, turn.1, table, rotary, out);
        self.rope.call(&mut self.memory.store, arguments)
    }

    /// `gavel_kernels::run_range`, as [`RunRange::call`].
    pub(super) fn run_range(
        &mut self,
        told: [Place; 3],
        range: Range<usize>,
        out: Place,
        scratch: Place,
    ) -> Result<(), wasmtime::Error> {
        self.run_range
            .call(&mut self.memory, told, range, out, scratch)
    }
}
