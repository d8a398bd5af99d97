//! An instance of the kernels' module, for batches: its memory by places, and its functions.

use super::WasmError;
use bytemuck::cast_slice_mut;
use gavel_program::WeightFormat;
use gavel_simd::attention::{Shape, scratch_words};
use std::ops::Range;
use wasmtime::{Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

/// Bytes of a WebAssembly page.
const PAGE: usize = 1 << 16;
/// What memory grows by, at least, in bytes: a huge page.
const STEP: usize = 1 << 21;
/// Alignment of everything that is put into the memory, in words: a cache line.
pub(super) const ALIGN: usize = 16;
/// What `run_range` returns for a record that it computed.
const DONE: u32 = 0;

/// Words in an instance's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the first word.
    pub(super) first: usize,
    /// Number of words.
    pub(super) words: usize,
}

impl Place {
    /// A part of a place.
    ///
    /// # Panics
    /// If it reaches past the end.
    pub(super) fn part(&self, from: usize, words: usize) -> Place {
        assert!(from + words <= self.words, "a part lies inside its whole");
        Place {
            first: self.first + from,
            words,
        }
    }

    /// What is left after so many words.
    pub(super) fn after(&self, words: usize) -> Place {
        self.part(words, self.words - words)
    }

    /// The word after it.
    pub(super) fn end(&self) -> usize {
        self.first + self.words
    }

    /// The byte address.
    ///
    /// # Panics
    /// If it is past 4 GiB, where no sandbox's memory reaches.
    fn address(&self) -> u32 {
        u32::try_from(self.first * 4).expect("a place lies in the sandbox's memory")
    }

    /// As the module takes it in a list: address and number of words.
    pub(super) fn listed(&self) -> [u32; 2] {
        [self.address(), self.words as u32]
    }
}

type Fn4 = TypedFunc<(u32, u32, u32, u32), ()>;
type Fn5 = TypedFunc<(u32, u32, u32, u32, u32), ()>;
type Fn6 = TypedFunc<(u32, u32, u32, u32, u32, u32), ()>;
type Fn7 = TypedFunc<(u32, u32, u32, u32, u32, u32, u32), ()>;
type Fn11 = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32), ()>;
type RunRange = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), u32>;

/// An instance of the module.
pub(super) struct Instance {
    store: Store<()>,
    memory: Memory,
    /// First word that nobody took.
    free: usize,
    quantize: Fn4,
    packed: Fn7,
    grouped: Fn6,
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
        let mut store = Store::new(module.engine(), ());
        store.set_fuel(u64::MAX)?;
        let instance = wasmtime::Instance::new(&mut store, module, &[])?;
        let missing = |name| WasmError::Export { name };
        let memory = instance.get_memory(&mut store, "memory");
        let heap = instance
            .get_global(&mut store, "__heap_base")
            .and_then(|global| global.get(&mut store).i32())
            .ok_or(missing("__heap_base"))?;
        Ok(Instance {
            memory: memory.ok_or(missing("memory"))?,
            free: (heap as u32 as usize).div_ceil(4),
            quantize: function(&instance, &mut store, "quantize")?,
            packed: function(&instance, &mut store, "packed")?,
            grouped: function(&instance, &mut store, "grouped")?,
            rows: function(&instance, &mut store, "rows")?,
            attend: function(&instance, &mut store, "attend")?,
            store_row: function(&instance, &mut store, "store")?,
            rms_norm: function(&instance, &mut store, "rms_norm")?,
            add: function(&instance, &mut store, "add")?,
            swiglu: function(&instance, &mut store, "swiglu")?,
            expert_sum: function(&instance, &mut store, "expert_sum")?,
            rope: function(&instance, &mut store, "rope")?,
            run_range: function(&instance, &mut store, "run_range")?,
            store,
        })
    }

    /// Takes the next free words.
    pub(super) fn take(&mut self, words: usize) -> Place {
        let first = self.free.next_multiple_of(ALIGN);
        self.free = first + words;
        Place { first, words }
    }

    /// Whether so many more words can be taken: addresses have 32 bits.
    pub(super) fn has_room(&self, words: usize) -> bool {
        let end = self.free.next_multiple_of(ALIGN).checked_add(words);
        end.is_some_and(|end| end <= (1 << 32) / 4)
    }

    /// The first word that is free.
    pub(super) fn taken(&self) -> usize {
        self.free
    }

    /// Gives back all words from `free` on.
    pub(super) fn release(&mut self, free: usize) {
        self.free = free;
    }

    /// The words of a place; the memory grows to hold them.
    ///
    /// # Errors
    /// When it can't.
    pub(super) fn words(&mut self, place: Place) -> Result<&mut [u32], wasmtime::Error> {
        self.reserve(place)?;
        let bytes = self.memory.data_mut(&mut self.store);
        let bytes = &mut bytes[place.first * 4..(place.first + place.words) * 4];
        Ok(cast_slice_mut(bytes))
    }

    /// Grows the memory to hold a place.
    fn reserve(&mut self, place: Place) -> Result<(), wasmtime::Error> {
        let end = (place.first + place.words) * 4;
        let missing = end.saturating_sub(self.memory.data_size(&self.store));
        if missing > 0 {
            let pages = missing.next_multiple_of(STEP) / PAGE;
            self.memory.grow(&mut self.store, pages as u64)?;
            super::pages::advise(self.memory.data_mut(&mut self.store));
        }
        Ok(())
    }

    /// Puts words into the front of a place.
    pub(super) fn write(&mut self, place: Place, words: &[u32]) -> Result<(), wasmtime::Error> {
        self.words(place)?[..words.len()].copy_from_slice(words);
        Ok(())
    }

    /// Copies words within the memory.
    pub(super) fn copy(&mut self, from: Place, to: Place) -> Result<(), wasmtime::Error> {
        self.reserve(from)?;
        self.reserve(to)?;
        let words: &mut [u32] = cast_slice_mut(self.memory.data_mut(&mut self.store));
        words.copy_within(from.first..from.first + from.words, to.first);
        Ok(())
    }

    /// The words of two places that don't overlap, those of the second to be written.
    ///
    /// # Errors
    /// When the memory can't grow to hold them.
    ///
    /// # Panics
    /// If they overlap.
    pub(super) fn two(
        &mut self,
        read: Place,
        write: Place,
    ) -> Result<(&[u32], &mut [u32]), wasmtime::Error> {
        self.reserve(read)?;
        self.reserve(write)?;
        let words: &mut [u32] = cast_slice_mut(self.memory.data_mut(&mut self.store));
        let all = |place: Place| place.first..place.end();
        let [read, write] = words
            .get_disjoint_mut([all(read), all(write)])
            .expect("places in the memory don't overlap");
        Ok((read, write))
    }

    /// What the next calls may spend together.
    pub(super) fn allow(&mut self, fuel: u64) -> Result<(), wasmtime::Error> {
        self.store.set_fuel(fuel)
    }

    /// Makes sure that places lie in the memory before the module is told of them.
    fn ready<const N: usize>(&mut self, places: [Place; N]) -> Result<[u32; N], wasmtime::Error> {
        for place in places {
            self.reserve(place)?;
        }
        Ok(places.map(|place| place.address()))
    }

    pub(super) fn quantize(
        &mut self,
        x: Place,
        vectors: usize,
        cols: usize,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [x, out] = self.ready([x, out])?;
        let arguments = (x, vectors as u32, cols as u32, out);
        self.quantize.call(&mut self.store, arguments)
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
        let [matrix, x, out] = self.ready([matrix, x, out])?;
        let shape = (format as u32, rows as u32, cols as u32);
        let arguments = (shape.0, shape.1, shape.2, matrix, x, vectors as u32, out);
        self.packed.call(&mut self.store, arguments)
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
        let [matrix, x, out] = self.ready([matrix, x, out])?;
        let shape = (format as u32, rows as u32, cols as u32);
        let arguments = (shape.0, shape.1, shape.2, matrix, x, vectors as u32, out);
        self.rows.call(&mut self.store, arguments)
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
        let [matrix, x, out] = self.ready([matrix, x, out])?;
        let arguments = (groups as u32, cols as u32, matrix, x, vectors as u32, out);
        self.grouped.call(&mut self.store, arguments)
    }

    pub(super) fn attend(
        &mut self,
        shape: &Shape,
        inputs: [Place; 3],
        position: usize,
        scratch: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [q, keys, values] = self.ready(inputs)?;
        let seen = position + 1 - shape.first_seen(position);
        let [scratch, out] = self.ready([scratch.part(0, scratch_words(seen)), out])?;
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
        self.attend.call(&mut self.store, arguments)
    }

    pub(super) fn store(
        &mut self,
        row: Place,
        positions: usize,
        position: usize,
        cache: Place,
    ) -> Result<(), wasmtime::Error> {
        let len = row.words as u32;
        let [row, cache] = self.ready([row, cache])?;
        let arguments = (row, len, positions as u32, position as u32, cache);
        self.store_row.call(&mut self.store, arguments)
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
        let [x, weight, out] = self.ready([x, weight, out])?;
        self.rms_norm
            .call(&mut self.store, (x, count, weight, dim, eps, out))
    }

    pub(super) fn add(&mut self, b: Place, out: Place) -> Result<(), wasmtime::Error> {
        let (len, out_len) = (b.words as u32, out.words as u32);
        let [b, out] = self.ready([b, out])?;
        self.add.call(&mut self.store, (b, len, out, out_len))
    }

    pub(super) fn swiglu(
        &mut self,
        gate: Place,
        up: Place,
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let len = out.words as u32;
        let [gate, up, out] = self.ready([gate, up, out])?;
        self.swiglu.call(&mut self.store, (gate, up, len, out))
    }

    /// Experts' outputs, their numbers, and the probabilities of all experts.
    pub(super) fn expert_sum(
        &mut self,
        inputs: [Place; 3],
        out: Place,
    ) -> Result<(), wasmtime::Error> {
        let [_, used, experts] = inputs.map(|place| place.words as u32);
        let dim = out.words as u32;
        let [x, chosen, probs] = self.ready(inputs)?;
        let [out] = self.ready([out])?;
        let arguments = (x, chosen, used, probs, experts, out, dim);
        self.expert_sum.call(&mut self.store, arguments)
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
        let [x, table, out] = self.ready([x, table, out])?;
        let turn = (head_dim as u32, u32::from(neighbours));
        let arguments = (x, len, turn.0, turn.1, table, rotary, out);
        self.rope.call(&mut self.store, arguments)
    }

    /// `gavel_kernels::run_range` over the node of a record, with a control slot and a list of inputs.
    pub(super) fn run_range(
        &mut self,
        told: [Place; 3],
        range: Range<usize>,
        out: Place,
        scratch: Place,
    ) -> Result<(), wasmtime::Error> {
        let words = out.words as u32;
        let [record, control, list] = self.ready(told)?;
        let [out, scratch] = self.ready([out, scratch])?;
        let (start, end) = (range.start as u32, range.end as u32);
        let arguments = (record, control, list, start, end, out, words, scratch);
        let returned = self.run_range.call(&mut self.store, arguments)?;
        assert_eq!(returned, DONE, "the executor encodes nodes that decode");
        Ok(())
    }
}

/// A function of the module.
fn function<P: WasmParams, R: WasmResults>(
    instance: &wasmtime::Instance,
    store: &mut Store<()>,
    name: &'static str,
) -> Result<TypedFunc<P, R>, WasmError> {
    let found = instance.get_typed_func(store, name);
    found.map_err(|_| WasmError::Export { name })
}
