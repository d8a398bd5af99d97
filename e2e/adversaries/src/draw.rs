//! Seeded choices.

use gavel_primitives::{Hash, keccak};

/// A hash of seed and label.
pub fn hash(seed: u64, label: &str) -> Hash {
    let mut bytes = seed.to_be_bytes().to_vec();
    bytes.extend_from_slice(label.as_bytes());
    keccak(&bytes)
}

/// A number below `bound`; 0 if the bound is 0.
pub fn below(seed: u64, label: &str, bound: u64) -> u64 {
    let bytes = hash(seed, label).0;
    let wide = u128::from_be_bytes(bytes[..16].try_into().expect("a hash has 32 bytes"));
    (wide % u128::from(bound.max(1))) as u64
}
