//! A sandbox's memory by places, and calls that any module of the kernels answers.

use super::WasmError;
use bytemuck::cast_slice_mut;
use std::ops::Range;
use wasmtime::{Instance, Module, Store, TypedFunc, WasmParams, WasmResults};

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

/// A module's memory, with what its instance spends.
///
/// Words are taken from the module's heap on, in order, and given back from the last on.
pub(super) struct Memory {
    pub(super) store: Store<()>,
    memory: wasmtime::Memory,
    /// First word that nobody took.
    free: usize,
}

impl Memory {
    /// An instance that imports nothing, and its memory.
    ///
    /// # Errors
    /// [`WasmError`] when the engine refuses the module, or it exports no memory.
    pub(super) fn new(module: &Module) -> Result<(Self, Instance), WasmError> {
        let mut store = Store::new(module.engine(), ());
        store.set_fuel(u64::MAX)?;
        let instance = Instance::new(&mut store, module, &[])?;
        let missing = |name| WasmError::Export { name };
        let memory = instance.get_memory(&mut store, "memory");
        let heap = instance
            .get_global(&mut store, "__heap_base")
            .and_then(|global| global.get(&mut store).i32())
            .ok_or(missing("__heap_base"))?;
        let memory = Memory {
            memory: memory.ok_or(missing("memory"))?,
            free: (heap as u32 as usize).div_ceil(4),
            store,
        };
        Ok((memory, instance))
    }

    /// A function of the instance.
    ///
    /// # Errors
    /// [`WasmError::Export`] if there is none of this name and type.
    pub(super) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        instance: &Instance,
        name: &'static str,
    ) -> Result<TypedFunc<P, R>, WasmError> {
        let found = instance.get_typed_func(&mut self.store, name);
        found.map_err(|_| WasmError::Export { name })
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
    ///
    /// # Errors
    /// When it can't grow to hold them.
    pub(super) fn ready<const N: usize>(
        &mut self,
        places: [Place; N],
    ) -> Result<[u32; N], wasmtime::Error> {
        for place in places {
            self.reserve(place)?;
        }
        Ok(places.map(|place| place.address()))
    }
}

/// record, control, inputs, first, end, out, out words, scratch.
type Function = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), u32>;

/// The module's `run_range`.
pub(super) struct RunRange(Function);

impl RunRange {
    /// That of an instance.
    ///
    /// # Errors
    /// [`WasmError::Export`] if it has none.
    pub(super) fn of(memory: &mut Memory, instance: &Instance) -> Result<Self, WasmError> {
        memory.function(instance, "run_range").map(RunRange)
    }

    /// `gavel_kernels::run_range` over the node of a record, with a control slot and a list of inputs.
    ///
    /// # Errors
    /// When the call is stopped, or the memory can't hold the places.
    pub(super) fn call(
        &self,
        memory: &mut Memory,
        told: [Place; 3],
        range: Range<usize>,
        out: Place,
        scratch: Place,
    ) -> Result<(), wasmtime::Error> {
        let words = out.words as u32;
        let [record, control, list] = memory.ready(told)?;
        let [out, scratch] = memory.ready([out, scratch])?;
        let (start, end) = (range.start as u32, range.end as u32);
        let arguments = (record, control, list, start, end, out, words, scratch);
        let returned = self.0.call(&mut memory.store, arguments)?;
        assert_eq!(returned, DONE, "the executor encodes nodes that decode");
        Ok(())
    }
}
