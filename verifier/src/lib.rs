//! The watcher and player daemon: re-checks every batch, disputes what is wrong, defends what is right.
//!
//! A [`Verifier`] is a reconciler: each [`tick`](Verifier::tick) reads the chain, lets the pure player decide
//! ([`gavel_dispute::decide`]) and sends what it says. It keeps no state that the chain and the model file don't hold, so a
//! restart is a normal start. [`run`] repeats ticks until it is cancelled; [`cost`] and [`Outlook`] say what a dispute may need.
mod attest;
mod clock;
pub mod cost;
mod daemon;
mod journal;
mod outlook;
mod verifier;

pub use attest::Attestation;
pub use daemon::{Settings, run};
pub use journal::{Change, Verdict};
pub use outlook::Outlook;
pub use verifier::{Done, Look, Verifier, VerifierError};
