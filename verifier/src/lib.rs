//! The watcher and player daemon: re-checks every batch, disputes what is wrong, defends what is right.
//!
//! A [`Verifier`] is a reconciler: each [`tick`](Verifier::tick) reads the chain, lets the pure player decide
//! ([`gavel_dispute::decide`]) and sends what it says. It keeps no state that the chain and the model file don't hold, so a
//! restart is a normal start. [`run`] repeats ticks until it is cancelled; [`cost`] says what a dispute may need.
pub mod cost;
mod daemon;
mod verifier;

pub use daemon::run;
pub use verifier::{Done, Look, Verifier, VerifierError};
