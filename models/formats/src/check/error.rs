//! Why a program is not trusted.

use gavel_primitives::{Depth, Hash};
use thiserror::Error;

/// Why a program is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckError {
    /// Layouts of another version.
    #[error("the program has ABI version {got}, expected {expected}")]
    AbiVersion {
        /// The header's.
        got: u32,
        /// The one that is known.
        expected: u32,
    },
    /// The id isn't the header's hash.
    #[error("the program's id is {got}, its header has {expected}")]
    Id {
        /// The program's.
        got: Hash,
        /// The header's.
        expected: Hash,
    },
    /// A guest image that isn't known.
    #[error("the program runs under image {got}, known is {expected}")]
    Image {
        /// The header's root.
        got: Hash,
        /// The known one's root.
        expected: Hash,
    },
    /// The tables' trees don't have the header's roots.
    #[error("the program's tables don't have the roots of its header")]
    Tables,
    /// A field of the header outside its range.
    #[error("the header's {field} is {got}, expected {low} to {high}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        got: u64,
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    },
    /// A slot that isn't as the header or the tables say.
    #[error("slot {index} has {what} {got}, expected {expected}")]
    Slot {
        /// Its index in the env tree.
        index: u32,
        /// Which property.
        what: &'static str,
        /// The slot's.
        got: String,
        /// What it must be.
        expected: String,
    },
    /// A weight that isn't as its table entry says.
    #[error("weight {index} ({name:?}) has {got} bytes, its depth {depth} holds {low} to {high}")]
    Weight {
        /// Its index.
        index: usize,
        /// Its name.
        name: String,
        /// Its bytes.
        got: u64,
        /// Its depth.
        depth: Depth,
        /// The fewest bytes of that depth.
        low: u64,
        /// The most.
        high: u64,
    },
    /// A node that isn't as its operator wants it.
    #[error("node {node} ({op}) has {what} {got}, expected {expected}")]
    Node {
        /// Its index.
        node: usize,
        /// Its operator.
        op: &'static str,
        /// Which property.
        what: &'static str,
        /// The node's.
        got: String,
        /// What it must be.
        expected: String,
    },
}
