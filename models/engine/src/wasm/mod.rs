//! The kernels as WebAssembly, in a sandbox: the committed module under wasmtime, equal to native code bit for bit.
//!
//! - `workshop`: batches, with matrices shared out over one instance for each thread
//! - `sandbox`: one node at a time
//!
//! One node's tensors are copied in and out; a weight is copied once and stays. A call is metered: it gets the instructions that the
//! closed formula gives its tiles on the proving machine, and one that wants more is stopped.

#[cfg(test)]
mod bounds;
mod capacity;
mod crew;
mod free;
mod instance;
mod matrices;
mod memory;
mod pages;
mod sandbox;
mod workshop;

use crate::batch::workshop::{Planned, Prepared};
use crate::{Call, Executor};
use gavel_program::Program;
use sandbox::Sandbox;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use thiserror::Error;
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};
use workshop::WasmWeights;

/// The committed module, built by `cargo xtask artifacts`.
pub static MODULE: &[u8] = include_bytes!("../../../wasm/artifact/kernels.wasm");

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
    /// A program's tensors are more than sandboxes hold.
    #[error(
        "the model needs {needed} MiB in a sandbox, and one holds 4096: with {instances} threads they share its matrices; take more threads, or native code"
    )]
    TooLarge {
        /// Mebibytes that the first sandbox would hold.
        needed: u64,
        /// Sandboxes that share the matrices.
        instances: usize,
    },
}

/// The WebAssembly executor of one program: one sandbox, one call at a time.
///
/// It serves one program: in all its calls a weight of the same index is the same words.
pub struct Wasm {
    sandbox: Mutex<Sandbox>,
}

impl Wasm {
    /// A sandbox with the committed module, which the first of a process compiles.
    ///
    /// # Errors
    /// [`WasmError`], if the engine refuses it.
    pub fn new() -> Result<Self, WasmError> {
        Wasm::cached(None)
    }

    /// The same, with the compiled module kept in a folder for the processes after this one. Whoever can write there can make them
    /// compute something else.
    ///
    /// # Errors
    /// [`WasmError`], if the engine refuses the module or the folder can't be used.
    pub fn cached(folder: Option<&Path>) -> Result<Self, WasmError> {
        Ok(Wasm {
            sandbox: Mutex::new(Sandbox::new(&kernels(folder)?)?),
        })
    }
}

/// Looks whether a program's tensors fit into the sandboxes of so many threads.
///
/// # Errors
/// [`WasmError::TooLarge`] if they don't.
pub fn fits_sandboxes(program: &Program, threads: usize) -> Result<(), WasmError> {
    capacity::check(program, threads)
}

impl Executor for Wasm {
    /// # Panics
    /// Where the native executor panics, and if the sandbox has not enough memory for the node's tensors (4 GiB in all).
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        let mut sandbox = self.sandbox.lock().expect("no call panicked half-way");
        sandbox
            .run(call, out)
            .unwrap_or_else(|error| panic!("node {} failed in the sandbox: {error:?}", call.index));
    }

    /// # Panics
    /// If there is no second sandbox where there was a first.
    fn prepare(&self, planned: &Planned) -> Option<Box<dyn Prepared>> {
        let module = kernels(None).expect("the module was compiled before");
        let weights = WasmWeights::new(planned.clone(), module);
        Some(Box::new(weights.expect("a sandbox as there was before")))
    }

    fn name(&self) -> &'static str {
        "wasm"
    }
}

/// The committed module, compiled once a process, or taken from a folder.
fn kernels(folder: Option<&Path>) -> Result<Module, WasmError> {
    static COMPILED: OnceLock<Module> = OnceLock::new();
    if let Some(module) = COMPILED.get() {
        return Ok(module.clone());
    }
    let module = Module::new(&engine(folder)?, MODULE)?;
    Ok(COMPILED.get_or_init(|| module).clone())
}

/// An engine that counts instructions. Of relaxed SIMD the module has one instruction, on operands for which the specification leaves
/// one result (`models/simd/src/linear/simd128/narrow.rs`).
fn engine(folder: Option<&Path>) -> Result<Engine, WasmError> {
    let mut config = Config::new();
    config.wasm_relaxed_simd(true).consume_fuel(true);
    if let Some(folder) = folder {
        let mut cache = CacheConfig::new();
        cache.with_directory(folder);
        config.cache(Some(Cache::new(cache)?));
    }
    Ok(Engine::new(&config)?)
}
