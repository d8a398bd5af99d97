//! Keccak-256 of many messages at once, and the trees made of it.
//!
//! The protocol hashes little else than pairs of nodes, and a tree's pairs of one level don't depend on each other. So
//! eight of them go through one permutation with AVX-512, four with AVX2, found out when the program runs; elsewhere one
//! after the other. `gavel_primitives` is the definition that everything here equals, hash for hash.
//!
//! - [`hash_pairs`]: the parents of pairs of nodes; [`hash_many`]: messages of any one length
//! - [`tree_root`], [`par_tree_root`]: roots over bytes where they lie, on one thread or all of the pool
//! - [`tree`], [`set_range`], [`constant_tail`]: the trees of `gavel_primitives`, a level at once
//! - [`GrowingTree`]: a tree that changes again and again
mod growing;
mod lane;
mod many;
mod pairs;
mod permutation;
mod root;
mod trees;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use growing::GrowingTree;
pub use many::hash_many;
pub use pairs::{hash_byte_pairs, hash_pairs, parents, width};
pub use root::{par_tree_root, tree_root};
pub use trees::{constant_tail, set_range, tree, tree_of_bytes};
