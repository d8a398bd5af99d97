//! What is wrong, and where.

use std::{fmt, str::FromStr};
use thiserror::Error;

/// The kinds of lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LieKind {
    /// Another text, with an invented trace.
    Result,
    /// One token id of the prompt.
    Tokenizer,
    /// One sampled token.
    Token,
    /// A node's whole output, honest arithmetic after it.
    Node,
    /// One chunk of the head's output, carried forward.
    Tile,
    /// A tile's chunk, because one store of its run went wrong.
    Machine,
    /// A wrong result, and no move from the k-th on.
    Silent,
}

impl LieKind {
    /// All kinds.
    pub const ALL: [LieKind; 7] = [
        LieKind::Result,
        LieKind::Tokenizer,
        LieKind::Token,
        LieKind::Node,
        LieKind::Tile,
        LieKind::Machine,
        LieKind::Silent,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            LieKind::Result => "result",
            LieKind::Tokenizer => "tokenizer",
            LieKind::Token => "token",
            LieKind::Node => "node",
            LieKind::Tile => "tile",
            LieKind::Machine => "machine",
            LieKind::Silent => "silent",
        }
    }

    /// What a place of this lie counts.
    pub const fn place(self) -> &'static str {
        match self {
            LieKind::Result => "nothing",
            LieKind::Tokenizer => "prompt token",
            LieKind::Token => "output token",
            LieKind::Node => "node of the last generation step",
            LieKind::Tile => "chunk of the head's output",
            LieKind::Machine => "instruction",
            LieKind::Silent => "move",
        }
    }
}

impl fmt::Display for LieKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No lie has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name:?} is no lie; there are result, tokenizer, token, node, tile, machine, silent")]
pub struct UnknownLie {
    /// The name.
    pub name: String,
}

impl FromStr for LieKind {
    type Err = UnknownLie;

    fn from_str(name: &str) -> Result<Self, UnknownLie> {
        let unknown = || UnknownLie { name: name.into() };
        LieKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(unknown)
    }
}

/// A lie with its place and the seed of its choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lie {
    /// What is wrong.
    pub kind: LieKind,
    /// Where; what it counts depends on the kind.
    pub at: u64,
    /// Seed of every choice that kind and place leave open.
    pub seed: u64,
}

/// A lie has no such place in this request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// The place is past the last.
    #[error("there is no {what} {at}: this request has {count}")]
    OutOfRange {
        /// What is counted.
        what: &'static str,
        /// The place.
        at: u64,
        /// How many there are.
        count: u64,
    },
    /// The request ends before the place where this lie would begin.
    #[error("a {kind} lie needs a request that is answered; this one ends with status {status:?}")]
    NothingToLieAbout {
        /// The lie.
        kind: LieKind,
        /// How the request ends.
        status: gavel_primitives::StatusCode,
    },
    /// The request can't start.
    #[error(transparent)]
    State(#[from] gavel_engine::StateError),
}
