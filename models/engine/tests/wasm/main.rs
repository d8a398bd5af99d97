//! The WebAssembly executor against the shared vectors and against native code.
mod matrices;
mod requests;
mod scheduled;
mod vectors;
