//! The kernels as a WebAssembly module.
