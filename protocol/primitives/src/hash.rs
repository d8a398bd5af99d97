//! Keccak-256, the one hash of the protocol.

use core::fmt;
use sha3::{Digest, Keccak256};

/// A 32-byte hash, Merkle node or Merkle leaf.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, bytemuck::Pod, bytemuck::Zeroable,
)]
#[repr(transparent)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Thirty-two zero bytes: the leaf of an empty place.
    pub const ZERO: Hash = Hash([0; 32]);

    /// The bytes, big-endian as on chain.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Hash(bytes)
    }
}

/// Keccak-256 of `bytes` (the pre-standard padding, as the EVM's `keccak256`).
pub fn keccak(bytes: &[u8]) -> Hash {
    Hash(Keccak256::digest(bytes).into())
}

/// The parent of two Merkle nodes: `keccak(left || right)`. Used in trees alone.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut pair = [0u8; 64];
    pair[..32].copy_from_slice(&left.0);
    pair[32..].copy_from_slice(&right.0);
    keccak(&pair)
}

/// `H` of the specification: keccak of a domain tag followed by 32-byte words.
pub fn tagged(tag: &[u8; 32], words: &[[u8; 32]]) -> Hash {
    let mut hasher = Hasher::new(tag);
    words.iter().for_each(|word| hasher.word(word));
    hasher.finish()
}

/// An unsigned integer as a 32-byte big-endian word, as `abi.encode` writes it.
pub fn word(value: u64) -> [u8; 32] {
    let mut word = [0u8; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

/// A tagged hash fed piece by piece.
pub struct Hasher(Keccak256);

impl Hasher {
    /// Starts with a domain tag of [`crate::tag`].
    pub fn new(tag: &[u8; 32]) -> Self {
        let mut inner = Keccak256::new();
        inner.update(tag);
        Hasher(inner)
    }

    /// Appends a 32-byte word.
    pub fn word(&mut self, word: &[u8; 32]) {
        self.0.update(word);
    }

    /// Appends packed bytes; the caller keeps their length fixed by the tag.
    pub fn packed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn keccak_of_nothing_is_the_known_value() {
        // The EVM's code hash of an account without code (EIP-1052).
        assert_eq!(
            keccak(b"").to_string(),
            "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
    }
}
