//! Qwen 3, the dense models: a norm of each head of queries and keys before their rotation, and heads whose size the file gives.

use super::Family;
use gavel_program::op::Pairing;

pub(super) const FAMILY: Family = Family {
    name: "qwen3",
    pairing: Pairing::Halves,
    biases: false,
    head_norms: true,
    keys: &[],
};
