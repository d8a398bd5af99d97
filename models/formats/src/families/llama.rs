//! Llama 1 to 3.x, TinyLlama, Mistral. Published files store the rows of queries and keys such that rotary pairs are neighbours; those of
//! Llama 3.1 and later have a tensor `rope_freqs` that slows rotations down.

use super::{Family, PLAIN};
use gavel_program::op::Pairing;

pub(super) const FAMILY: Family = Family {
    name: "llama",
    pairing: Pairing::Neighbours,
    keys: &["expert_count", "expert_used_count"],
    ..PLAIN
};
