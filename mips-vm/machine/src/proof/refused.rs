//! Why a proof of a step is refused. The twin of the errors in `contracts/src/interfaces/IMipsStep.sol`.

use gavel_primitives::{Depth, Hash};

/// The tree that an opening leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The image's tree.
    Image,
    /// The tree over windows 1 to 14.
    Inputs,
    /// The work tree.
    Work,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// The context names an image deeper than its window.
    #[error("an image of depth {got} exceeds its window of depth {most}")]
    ImageTooDeep {
        /// The context's depth.
        got: Depth,
        /// The window's depth.
        most: Depth,
    },
    /// The proof ends before a field that its step needs.
    #[error("the proof has {got} bytes, its fields want {expected}")]
    TooShort {
        /// Bytes given.
        got: usize,
        /// Bytes up to the end of the field that is cut off.
        expected: usize,
    },
    /// Something follows the last field that the step needs.
    #[error("the proof has {got} bytes, its step wants {expected}")]
    TooLong {
        /// Bytes given.
        got: usize,
        /// Bytes of this step's proof.
        expected: usize,
    },
    /// The mask has bits past the depth, or a sibling equal to its zero tree was written out.
    #[error("the sibling at level {level} is not in canonical form")]
    NotCanonical {
        /// Level of the sibling, 0 at the leaf.
        level: Depth,
    },
    /// An opening leads to another root than the context's, or than the opened work root.
    #[error("the leaf opens a tree with root {got}, not {expected}")]
    WrongRoot {
        /// The tree.
        part: Part,
        /// The root that the opening gives.
        got: Hash,
        /// The root that was to be opened.
        expected: Hash,
    },
}
