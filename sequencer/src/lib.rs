//! The sequencer: answers a lane's requests and proposes batches.
//!
//! A [`Sequencer`] is a set of idempotent passes over the chain's state: [`Sequencer::tick`] reads the chain, does what is
//! missing and ends, so a restart is a normal start, with its data directory or an empty one.
//!
//! - [`answers`][]: who computes
//! - [`store`][]: what is remembered between passes and starts
//! - [`post`][]: one account's transactions, written down before they are sent
//! - [`Sequencer`], [`Event`]: the passes and what they did
//! - [`api`][]: REST
pub mod answers;
pub mod api;
mod config;
mod error;
mod event;
pub mod post;
mod run;
pub mod store;
mod tick;

pub use answers::{Answers, AnswersError, EngineAnswers};
pub use config::{ApiConfig, ApiKey, Config};
pub use error::SequencerError;
pub use event::Event;
pub use post::{Poster, Purpose};
pub use store::{SqliteStore, Stores};
pub use tick::{Link, Sequencer};
