//! How much a scheduler may use: requests at a time, bytes of caches, rows of prompts beside rows of answers.

use super::session::MOST_ROWS;
use crate::Engine;
use thiserror::Error;

/// What a scheduler may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Requests under way at a time, 1 to [`MOST_ROWS`].
    pub requests: usize,
    /// Bytes of all caches together.
    pub cache_bytes: usize,
    /// Rows of prompts in a pass in which others generate, at least 1: these wait for it.
    pub prompt_rows: usize,
    /// Whether a request takes over what others have computed of its prompt, and the caches of ended ones are kept for that while there
    /// is room.
    pub reuses: bool,
}

impl Default for Capacity {
    /// Sixteen requests and 2 GiB.
    fn default() -> Self {
        Capacity {
            requests: 16,
            cache_bytes: 2 << 30,
            prompt_rows: 32,
            reuses: true,
        }
    }
}

impl Capacity {
    /// The default, with at least as many bytes as one request of the program's whole context takes.
    pub fn fitting(engine: &Engine) -> Self {
        let default = Capacity::default();
        Capacity {
            cache_bytes: default.cache_bytes.max(engine.context_cache_bytes()),
            ..default
        }
    }

    /// Whether the numbers are in range, and one request of the engine's program fits.
    ///
    /// # Errors
    /// [`CapacityError`].
    pub(super) fn check(&self, engine: &Engine) -> Result<(), CapacityError> {
        in_range("requests", self.requests, MOST_ROWS)?;
        in_range("prompt_rows", self.prompt_rows, MOST_ROWS)?;
        let (got, needed) = (self.cache_bytes, engine.context_cache_bytes());
        match got < needed {
            true => Err(CapacityError::CacheBytes { got, needed }),
            false => Ok(()),
        }
    }
}

/// Why there is no scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CapacityError {
    /// One request of the program's whole context would not fit.
    #[error("{got} bytes of caches are too few: one request takes up to {needed}")]
    CacheBytes {
        /// Bytes given.
        got: usize,
        /// Bytes that a request may need.
        needed: usize,
    },
    /// A number that is out of range.
    #[error("{what} is {got}, not in {low}..={high}", low = range.0, high = range.1)]
    Range {
        /// Which one.
        what: &'static str,
        /// What it is.
        got: usize,
        /// The least and the most.
        range: (usize, usize),
    },
}

fn in_range(what: &'static str, got: usize, most: usize) -> Result<(), CapacityError> {
    let range = (1, most);
    match (1..=most).contains(&got) {
        true => Ok(()),
        false => Err(CapacityError::Range { what, got, range }),
    }
}
