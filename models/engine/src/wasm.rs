//! The kernels as WebAssembly, in a sandbox: the committed module under wasmtime. Equal to native code bit for bit; a call copies its
//! tensors in and out.

use crate::{Call, Executor};
use bytemuck::cast_slice;
use gavel_kernels::shape;
use gavel_program::boot::SCRATCH_WORDS;
use std::sync::Mutex;
use thiserror::Error;
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

/// The committed module, built by `cargo xtask artifacts`.
pub static MODULE: &[u8] = include_bytes!("../../wasm/artifact/kernels.wasm");

/// Bytes of a WebAssembly page.
const PAGE: usize = 1 << 16;
/// Alignment of everything that is put into the sandbox, in words: a vector register.
const ALIGN_WORDS: usize = 4;
/// What the module returns for a record that it computed.
const DONE: u32 = 0;

/// record, control, inputs, first, end, out, out words, scratch.
type RunRange = TypedFunc<(u32, u32, u32, u32, u32, u32, u32, u32), u32>;

/// Why there is no sandbox.
#[derive(Debug, Error)]
pub enum WasmError {
    /// The engine refuses the module.
    #[error("the WebAssembly engine refuses the kernels: {0}")]
    Engine(#[from] wasmtime::Error),
    /// The module lacks something that the host uses.
    #[error("the kernels' module exports no {name}")]
    Export {
        /// What it lacks.
        name: &'static str,
    },
}

/// The WebAssembly executor: one sandbox, one call at a time.
pub struct Wasm {
    sandbox: Mutex<Sandbox>,
}

impl Wasm {
    /// Compiles the committed module.
    ///
    /// # Errors
    /// [`WasmError`], if the engine refuses it.
    pub fn new() -> Result<Self, WasmError> {
        Ok(Wasm {
            sandbox: Mutex::new(Sandbox::new(MODULE)?),
        })
    }
}

impl Executor for Wasm {
    /// # Panics
    /// Where the native executor panics, and if the sandbox has not enough memory for the tensors (4 GiB in all).
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        let mut sandbox = self.sandbox.lock().expect("no call panicked half-way");
        sandbox
            .run(call, out)
            .expect("the kernels trap where native code panics");
    }

    fn name(&self) -> &'static str {
        "wasm"
    }
}

/// An instance of the module.
struct Sandbox {
    store: Store<()>,
    memory: Memory,
    run_range: RunRange,
    /// The first word that is the host's.
    heap: usize,
}

impl Sandbox {
    fn new(module: &[u8]) -> Result<Self, WasmError> {
        let mut config = Config::new();
        config.wasm_relaxed_simd(false);
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, module)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let missing = |name| WasmError::Export { name };
        let memory = instance.get_memory(&mut store, "memory");
        let heap = instance
            .get_global(&mut store, "__heap_base")
            .and_then(|global| global.get(&mut store).i32())
            .ok_or(missing("__heap_base"))?;
        Ok(Sandbox {
            run_range: instance.get_typed_func(&mut store, "run_range")?,
            memory: memory.ok_or(missing("memory"))?,
            heap: (heap as u32 as usize).div_ceil(4),
            store,
        })
    }

    fn run(&mut self, call: &Call<'_>, out: &mut [u32]) -> Result<(), wasmtime::Error> {
        let inputs = needed(call);
        let mut layout = Layout { next: self.heap };
        let record = layout.place(&call.node.encode());
        let control = layout.place(&call.control.encode());
        let tensors: Vec<Place> = inputs.iter().map(|words| layout.place(words)).collect();
        let listed: Vec<u32> = tensors.iter().flat_map(|place| place.listed()).collect();
        let list = layout.place(&listed);
        let output = layout.place(out);
        let scratch = layout.room(SCRATCH_WORDS);
        self.reserve(layout.next)?;
        self.write(&record, &call.node.encode());
        self.write(&control, &call.control.encode());
        for (place, words) in tensors.iter().zip(&inputs) {
            self.write(place, words);
        }
        self.write(&list, &listed);
        self.write(&output, out);
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
        self.read(&output, out);
        Ok(())
    }

    /// Grows the memory to hold `words`.
    fn reserve(&mut self, words: usize) -> Result<(), wasmtime::Error> {
        let missing = (words * 4).saturating_sub(self.memory.data_size(&self.store));
        self.memory
            .grow(&mut self.store, missing.div_ceil(PAGE) as u64)?;
        Ok(())
    }

    fn write(&mut self, place: &Place, words: &[u32]) {
        let start = place.first * 4;
        let memory = self.memory.data_mut(&mut self.store);
        memory[start..start + words.len() * 4].copy_from_slice(cast_slice(words));
    }

    fn read(&self, place: &Place, words: &mut [u32]) {
        let start = place.first * 4;
        let memory = &self.memory.data(&self.store)[start..start + words.len() * 4];
        bytemuck::cast_slice_mut(words).copy_from_slice(memory);
    }
}

/// The parts of the inputs that the node reads.
fn needed<'a>(call: &Call<'a>) -> Vec<&'a [u32]> {
    let cut = |(index, words): (usize, &&'a [u32])| match shape::input(&call.node.op, index) {
        Some(shape) if shape.len > 0 => {
            &words[..words
                .len()
                .min(shape.dtype.bytes(shape.len as usize).div_ceil(4))]
        }
        _ => *words,
    };
    call.inputs.iter().enumerate().map(cut).collect()
}

/// Places in the sandbox's memory, one after the other.
struct Layout {
    /// First word that is free.
    next: usize,
}

impl Layout {
    fn place(&mut self, words: &[u32]) -> Place {
        self.room(words.len())
    }

    fn room(&mut self, words: usize) -> Place {
        let first = self.next.next_multiple_of(ALIGN_WORDS);
        self.next = first + words;
        Place { first, words }
    }
}

/// A tensor's place.
struct Place {
    first: usize,
    words: usize,
}

impl Place {
    /// The byte address.
    ///
    /// # Panics
    /// If it is past 4 GiB.
    fn address(&self) -> u32 {
        u32::try_from(self.first * 4).expect("a sandbox has at most 4 GiB")
    }

    /// As the module takes it.
    fn listed(&self) -> [u32; 2] {
        [self.address(), self.words as u32]
    }
}
