//! Requests: what an answer is a function of.

use crate::{Depth, Hash, tag, tagged, word};

/// Sampling parameters and limits of a request, all integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Params {
    /// At most this many tokens are generated.
    pub max_tokens: u32,
    /// Temperature in thousandths; 0 is greedy.
    pub temperature: u32,
    /// Top-p in thousandths, 1..=1000; 1000 keeps every token.
    pub top_p: u32,
    /// Seed of the sampler.
    pub seed: u64,
}

impl Params {
    /// Greedy decoding of at most `max_tokens`.
    pub const fn greedy(max_tokens: u32) -> Self {
        Params {
            max_tokens,
            temperature: 0,
            top_p: 1000,
            seed: 0,
        }
    }

    /// `H(max_tokens, temperature, top_p, seed)`.
    pub fn hash(&self) -> Hash {
        let words = [
            word(self.max_tokens.into()),
            word(self.temperature.into()),
            word(self.top_p.into()),
            word(self.seed),
        ];
        tagged(&tag::PARAMS, &words)
    }
}

/// A request as its id commits to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Address of the hub.
    pub hub: [u8; 20],
    /// Lane: which model's inbox.
    pub lane: u64,
    /// Place in the lane's inbox.
    pub index: u64,
    /// Program that the lane runs.
    pub program_id: Hash,
    /// Who asked.
    pub requester: [u8; 20],
    /// Root over the prompt's bytes at the depth of the program's prompt slot.
    pub prompt_root: Hash,
    /// Bytes of the prompt.
    pub prompt_len: u32,
    /// Sampling parameters and limits.
    pub params: Params,
}

impl Request {
    /// `H(chain id, hub, lane, index, program id, requester, prompt root, prompt length, H(params))`.
    pub fn id(&self) -> Hash {
        let words = [
            word(self.chain_id),
            address_word(&self.hub),
            word(self.lane),
            word(self.index),
            self.program_id.0,
            address_word(&self.requester),
            self.prompt_root.0,
            word(self.prompt_len.into()),
            self.params.hash().0,
        ];
        tagged(&tag::REQUEST, &words)
    }
}

/// An address as a 32-byte word, as `abi.encode` writes it.
fn address_word(address: &[u8; 20]) -> [u8; 32] {
    let mut word = [0u8; 32];
    word[12..].copy_from_slice(address);
    word
}

/// Whether `bytes` of prompt fit a slot of `2^depth` leaves.
pub fn prompt_depth_fits(bytes: usize, depth: Depth) -> bool {
    bytes as u128 <= 32u128 << depth
}
