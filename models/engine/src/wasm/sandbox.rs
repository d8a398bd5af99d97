//! An instance of the kernels' module, and calls into it.

use super::WasmError;
use super::room::{Passing, Place, Room};
use crate::Call;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::{cost, shape};
use gavel_program::Operand;
use gavel_program::boot::SCRATCH_WORDS;
use wasmtime::{Instance, Memory, Module, Store, TypedFunc};

/// Bytes of a WebAssembly page.
const PAGE: usize = 1 << 16;
/// What the module returns for a record that it computed.
const DONE: u32 = 0;

/// record, control, inputs, first, end, out, out words, scratch.
type RunRange = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), u32>;

/// An instance of the module.
pub(super) struct Sandbox {
    store: Store<()>,
    memory: Memory,
    run_range: RunRange,
    room: Room,
}

impl Sandbox {
    /// An instance that imports nothing.
    pub(super) fn new(module: &Module) -> Result<Self, WasmError> {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[])?;
        let missing = |name| WasmError::Export { name };
        let memory = instance.get_memory(&mut store, "memory");
        let heap = instance
            .get_global(&mut store, "__heap_base")
            .and_then(|global| global.get(&mut store).i32())
            .ok_or(missing("__heap_base"))?;
        Ok(Sandbox {
            run_range: instance.get_typed_func(&mut store, "run_range")?,
            memory: memory.ok_or(missing("memory"))?,
            room: Room::new((heap as u32 as usize).div_ceil(4)),
            store,
        })
    }

    /// Computes a call.
    ///
    /// # Errors
    /// A trap, more instructions than the call may take, or no memory left.
    pub(super) fn run(&mut self, call: &Call<'_>, out: &mut [u32]) -> Result<(), wasmtime::Error> {
        self.room.make_for(words(call) + out.len());
        let weights = self.weights(call)?;
        let mut passing = self.room.passing();
        let mut tensors = Vec::with_capacity(2 * weights.len());
        for (index, weight) in weights.into_iter().enumerate() {
            let place = match weight {
                Some(place) => place,
                None => self.bring(&mut passing, needed(call, index))?,
            };
            tensors.extend(place.listed());
        }
        let record = self.bring(&mut passing, &call.node.encode())?;
        let control = self.bring(&mut passing, &call.control.encode())?;
        let list = self.bring(&mut passing, &tensors)?;
        let output = self.bring(&mut passing, out)?;
        let scratch = passing.place(SCRATCH_WORDS);
        self.reserve(scratch.end())?;
        self.store.set_fuel(allowed(call))?;
        let arguments = (
            record.address(),
            control.address(),
            list.address(),
            call.range.start as u32,
            call.range.end as u32,
            output.address(),
            out.len() as u32,
            scratch.address(),
        );
        let returned = self.run_range.call(&mut self.store, arguments)?;
        assert_eq!(returned, DONE, "the executor encodes nodes that decode");
        self.read(output, out);
        Ok(())
    }

    /// The places of the call's weights; none for its slots.
    fn weights(&mut self, call: &Call<'_>) -> Result<Vec<Option<Place>>, wasmtime::Error> {
        let operands = call.node.inputs().iter().zip(call.inputs);
        operands
            .map(|(operand, words)| match operand {
                Operand::Slot(_) => Ok(None),
                Operand::Weight(index) => self.weight(*index, words).map(Some),
            })
            .collect()
    }

    /// The place of a weight, which the first call that reads it puts there.
    fn weight(&mut self, index: u32, words: &[u32]) -> Result<Place, wasmtime::Error> {
        if let Some(place) = self.room.kept(index) {
            return Ok(place);
        }
        let place = self.room.keep(index, words.len());
        self.write(place, words)?;
        Ok(place)
    }

    /// Puts words into the next place.
    fn bring(&mut self, passing: &mut Passing, words: &[u32]) -> Result<Place, wasmtime::Error> {
        let place = passing.place(words.len());
        self.write(place, words)?;
        Ok(place)
    }

    /// Grows the memory to hold `words`.
    fn reserve(&mut self, words: usize) -> Result<(), wasmtime::Error> {
        let missing = (words * 4).saturating_sub(self.memory.data_size(&self.store));
        if missing > 0 {
            self.memory
                .grow(&mut self.store, missing.div_ceil(PAGE) as u64)?;
        }
        Ok(())
    }

    fn write(&mut self, place: Place, words: &[u32]) -> Result<(), wasmtime::Error> {
        self.reserve(place.end())?;
        let memory = self.memory.data_mut(&mut self.store);
        memory[place.first * 4..place.end() * 4].copy_from_slice(cast_slice(words));
        Ok(())
    }

    fn read(&self, place: Place, words: &mut [u32]) {
        let memory = self.memory.data(&self.store);
        cast_slice_mut(words).copy_from_slice(&memory[place.first * 4..place.end() * 4]);
    }
}

/// At least as many words as a call puts into the memory, its output aside.
fn words(call: &Call<'_>) -> usize {
    /// Record, control slot, list of tensors, and what alignment costs.
    const SMALL: usize = 1 << 10;
    let inputs: usize = call.inputs.iter().map(|words| words.len()).sum();
    inputs + SCRATCH_WORDS + SMALL
}

/// The part of a slot that the node reads.
fn needed<'a>(call: &Call<'a>, index: usize) -> &'a [u32] {
    let words = call.inputs[index];
    match shape::input(&call.node.op, index) {
        Some(shape) if shape.len > 0 => {
            let read = shape.dtype.bytes(shape.len as usize).div_ceil(4);
            &words[..words.len().min(read)]
        }
        _ => words,
    }
}

/// Instructions that a call may take: what its tiles cost at most on the proving machine.
fn allowed(call: &Call<'_>) -> u64 {
    let per_tile = shape::output(&call.node.op).dtype.per_tile();
    let tiles = call.range.len().div_ceil(per_tile) as u64;
    tiles.saturating_mul(cost(call.node))
}
