//! Funded development accounts. Their keys are public knowledge: never use them on a real chain.

use alloy::primitives::{Address, B256, keccak256};
use alloy::signers::local::PrivateKeySigner;

/// The text whose hash, with an index behind it, is a development key.
pub const KEY_TEXT: &str = "gavel devnet key";

/// One funded account and the key that signs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevAccount {
    /// The account's address.
    pub address: Address,
    /// The account's secp256k1 private key.
    pub key: B256,
}

impl DevAccount {
    /// Account number `index`: its key is `keccak256("gavel devnet key" || index)`, the index as
    /// four big-endian bytes.
    ///
    /// # Panics
    ///
    /// Never in practice: a hash is outside the curve's range of keys with probability 2^-128.
    pub fn derive(index: u32) -> Self {
        let mut preimage = KEY_TEXT.as_bytes().to_vec();
        preimage.extend_from_slice(&index.to_be_bytes());
        let key = keccak256(preimage);
        let signer = PrivateKeySigner::from_bytes(&key).expect("a hash below the curve's order");
        Self {
            address: signer.address(),
            key,
        }
    }

    /// The account as alloy's local signer.
    ///
    /// # Panics
    ///
    /// When `key` was set by hand to a number that is no secp256k1 key.
    pub fn signer(&self) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.key).expect("a valid secp256k1 key")
    }
}
