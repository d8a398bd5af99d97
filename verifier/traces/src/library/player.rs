//! What one player has that another hasn't: requests read from the chain, a departure from the truth, drafts of answers.

use super::Library;
use gavel_dispute::Knowledge;
use gavel_engine::{Edit, Engine};
use gavel_primitives::{Hash, Request};
use std::sync::Arc;

/// A request as read from the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequest {
    /// What its id commits to.
    pub request: Request,
    /// The prompt's bytes.
    pub prompt: Vec<u8>,
}

/// How a player departs from the truth; the honest one doesn't.
pub trait Deviation: Send + Sync {
    /// Edits of a request's execution.
    fn edits(&self, request: &KnownRequest, engine: &Arc<Engine>) -> Vec<Edit>;
}

/// Where somebody says which tokens an answer has. Nobody trusts it: as far as a draft is right an answer is computed in batches, and
/// where it is wrong it costs the batch that shows it.
pub trait Drafts: Send + Sync {
    /// The tokens that a request's answer is said to have; none if nobody says anything. May block.
    fn tokens(&self, request_id: Hash) -> Vec<u32>;
}

/// Nobody says anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDrafts;

impl Drafts for NoDrafts {
    fn tokens(&self, _request_id: Hash) -> Vec<u32> {
        Vec::new()
    }
}

/// What a player works from: knowledge over a library that its daemon fills.
pub trait Data: Send + Sync {
    /// Programs and requests.
    fn library(&self) -> &Library;

    /// What it claims about them.
    fn knowledge(&self) -> &dyn Knowledge;
}

impl Data for Library {
    fn library(&self) -> &Library {
        self
    }

    fn knowledge(&self) -> &dyn Knowledge {
        self
    }
}

/// No departure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Honest;

impl Deviation for Honest {
    fn edits(&self, _request: &KnownRequest, _engine: &Arc<Engine>) -> Vec<Edit> {
        Vec::new()
    }
}
