//! Liars: players whose traces part from the truth at a chosen place.
//!
//! A [`Lie`] names what is wrong and where ([`lie`]); [`plan`] turns it into edits of an execution that change the
//! answer; [`Liar`] plays it ([`gavel_dispute::Knowledge`]), with a machine trace that parts from the truth at a
//! seeded random instruction ([`lying_trace`]). For tests, benchmarks and the demo: no daemon knows this crate.
mod anatomy;
pub mod draw;
pub mod liar;
pub mod lie;
pub mod lying_trace;
pub mod plan;

pub use liar::Liar;
pub use lie::{Lie, LieKind, PlaceError};
pub use lying_trace::LyingTrace;
pub use plan::Plan;
