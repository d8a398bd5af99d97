//! Qwen 2 and 2.5: biases on queries, keys and values; rotary pairs are half a head apart.

use super::Family;
use gavel_program::op::Pairing;

pub(super) const FAMILY: Family = Family {
    name: "qwen2",
    pairing: Pairing::Halves,
    biases: true,
    head_norms: false,
    keys: &[],
};
