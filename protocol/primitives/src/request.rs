//! Requests: what an answer is a function of.

use crate::stop::{STOP_TEXTS, StopText, StopTexts};
use crate::{Depth, Hash, tag, tagged, word};

/// Sampling parameters and limits of a request, all integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Params {
    /// At most this many tokens are generated.
    pub max_tokens: u32,
    /// Temperature in thousandths; 0 is greedy.
    pub temperature: u32,
    /// The most probable tokens that are drawn from; 0 is all.
    pub top_k: u32,
    /// Top-p in thousandths, 1..=1000; 1000 keeps every token.
    pub top_p: u32,
    /// Thousandths of the largest probability that a token needs to be drawn, 0..=1000; 0 keeps every token.
    pub min_p: u32,
    /// What divides or multiplies the logits of tokens in prompt and answer, in thousandths; 1000 (and 0) leave them.
    pub repetition_penalty: u32,
    /// Taken off a token's logit for each time that it is in the answer, in thousandths.
    pub frequency_penalty: i32,
    /// Taken off the logits of tokens in the answer, in thousandths.
    pub presence_penalty: i32,
    /// Seed of the sampler.
    pub seed: u64,
    /// Texts before which the answer ends.
    pub stop: StopTexts,
}

impl Params {
    /// Greedy decoding of at most `max_tokens`.
    pub const fn greedy(max_tokens: u32) -> Self {
        Params {
            max_tokens,
            temperature: 0,
            top_k: 0,
            top_p: 1000,
            min_p: 0,
            repetition_penalty: 1000,
            frequency_penalty: 0,
            presence_penalty: 0,
            seed: 0,
            stop: [StopText::NONE; STOP_TEXTS],
        }
    }

    /// `H` of all fields in their order, the stop texts as their words.
    pub fn hash(&self) -> Hash {
        let mut words = [[0; 32]; 9 + STOP_TEXTS];
        words[..9].copy_from_slice(&[
            word(self.max_tokens.into()),
            word(self.temperature.into()),
            word(self.top_k.into()),
            word(self.top_p.into()),
            word(self.min_p.into()),
            word(self.repetition_penalty.into()),
            signed_word(self.frequency_penalty),
            signed_word(self.presence_penalty),
            word(self.seed),
        ]);
        for (word, text) in words[9..].iter_mut().zip(&self.stop) {
            *word = text.word();
        }
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

/// A signed number as a 32-byte word, as `abi.encode` writes it: its sign fills the word.
fn signed_word(value: i32) -> [u8; 32] {
    let mut word = [if value < 0 { 0xFF } else { 0 }; 32];
    word[28..].copy_from_slice(&value.to_be_bytes());
    word
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
