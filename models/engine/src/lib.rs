//! Executors of programs and traces of their states.
//!
//! - [`state`]: the slots of one request
//! - [`executor`]: who computes a node: [`native`] here, WebAssembly beside it
//! - [`packed_store`]: where matrices in the form of the vector units are kept
//! - [`engine`]: runs a program step by step, and answers requests
//! - [`batch`]: the same for many positions at once
//! - [`service`]: requests of many threads, answered together
//! - `env`: the Merkle trees over a state
//! - [`execution`]: a request's execution commitment, and the state before any node of it
//! - [`edits`]: departures from the program
//! - [`printed()`]: what a token prints
//! - [`coming`]: an answer's text as it comes, up to a stop text
//! - [`scores`]: log-probabilities beside an answer
//! - [`replied()`]: the numbers that a program of one step answers with
pub mod batch;
pub mod changes;
pub mod coming;
pub mod edits;
pub mod engine;
mod env;
pub mod execution;
pub mod executor;
mod float_environment;
pub mod native;
pub mod packed_store;
pub mod printed;
pub mod replied;
mod running;
pub mod scores;
mod scratch;
mod sequence;
pub mod service;
mod single;
mod snapshots;
mod spare;
pub mod state;
#[cfg(feature = "wasm")]
pub mod wasm;

pub use batch::capacity::{Capacity, CapacityError};
pub use batch::flow::Checked;
pub use coming::ComingText;
pub use edits::{Edit, Rewrite, answer_edited};
pub use engine::{Engine, Outcome};
pub use env::Env;
pub use execution::Execution;
pub use executor::{Call, Executor};
pub use native::{Native, StoredNative};
pub use packed_store::{InMemory, PackedBytes, PackedStore, Wanted};
pub use printed::printed;
pub use replied::{Replied, replied};
pub use scores::{Piece, Scores};
pub use service::{Answering, Heard, Service, ServiceError};
pub use state::{State, StateError};
#[cfg(feature = "wasm")]
pub use wasm::{Wasm, WasmError, fits_sandboxes};
