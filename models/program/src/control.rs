//! The control slot: where a request is. 64 little-endian words, written by the step's last node alone.
//!
//! | word | field |
//! |---|---|
//! | 0 | phase |
//! | 1 | position: index of the token that this step reads |
//! | 2 | prompt length in bytes |
//! | 3 | prompt tokens, with BOS |
//! | 4 | tokens generated, without the end token |
//! | 5 | max tokens |
//! | 6 | status |
//! | 7 | output length in bytes |
//! | 8 | temperature in thousandths, 0 = greedy |
//! | 9 | top-p in thousandths |
//! | 10, 11 | seed, low word first |
//! | 12..63 | zero |

use gavel_primitives::{Params, Status};

/// Words of the control slot.
pub const CONTROL_WORDS: usize = 64;

/// Phases of a request. A node's predicate is a mask with bit `phase as u32` for each phase in which it runs.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Step 0: prompt bytes to tokens; of a program of one step everything.
    Tokenize = 0,
    /// Prompt tokens but the last: no head.
    Prefill = 1,
    /// Steps with the head and the sampler.
    Generate = 2,
    /// Tokens to text.
    Detokenize = 3,
    /// Finished: nothing runs.
    Done = 4,
}

impl Phase {
    /// The phase of a code; a code past the last is done.
    pub fn from_code(code: u32) -> Phase {
        match code {
            0 => Phase::Tokenize,
            1 => Phase::Prefill,
            2 => Phase::Generate,
            3 => Phase::Detokenize,
            _ => Phase::Done,
        }
    }

    /// This phase's bit in a predicate.
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The control slot, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// Phase of the step.
    pub phase: u32,
    /// Index of the token that this step reads.
    pub position: u32,
    /// Bytes of the prompt.
    pub prompt_len: u32,
    /// Tokens of the prompt, with BOS.
    pub prompt_tokens: u32,
    /// Tokens generated, without the end token.
    pub tokens_out: u32,
    /// At most this many are generated.
    pub max_tokens: u32,
    /// [`Status`] code.
    pub status: u32,
    /// Bytes of the answer.
    pub output_len: u32,
    /// Thousandths; 0 = greedy.
    pub temperature: u32,
    /// Thousandths.
    pub top_p: u32,
    /// Seed of the sampler.
    pub seed: u64,
}

impl Control {
    /// The control slot of a request's first step.
    pub fn first(prompt_len: u32, params: &Params) -> Self {
        Control {
            phase: Phase::Tokenize as u32,
            position: 0,
            prompt_len,
            prompt_tokens: 0,
            tokens_out: 0,
            max_tokens: params.max_tokens,
            status: Status::None.code(),
            output_len: 0,
            temperature: params.temperature,
            top_p: params.top_p,
            seed: params.seed,
        }
    }

    /// Reads the slot.
    pub fn decode(words: &[u32; CONTROL_WORDS]) -> Self {
        Control {
            phase: words[0],
            position: words[1],
            prompt_len: words[2],
            prompt_tokens: words[3],
            tokens_out: words[4],
            max_tokens: words[5],
            status: words[6],
            output_len: words[7],
            temperature: words[8],
            top_p: words[9],
            seed: u64::from(words[10]) | u64::from(words[11]) << 32,
        }
    }

    /// Writes the slot.
    pub fn encode(&self) -> [u32; CONTROL_WORDS] {
        let mut words = [0; CONTROL_WORDS];
        words[..12].copy_from_slice(&[
            self.phase,
            self.position,
            self.prompt_len,
            self.prompt_tokens,
            self.tokens_out,
            self.max_tokens,
            self.status,
            self.output_len,
            self.temperature,
            self.top_p,
            self.seed as u32,
            (self.seed >> 32) as u32,
        ]);
        words
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        Phase::from_code(self.phase)
    }

    /// Whether nothing runs any more.
    pub fn is_done(&self) -> bool {
        self.phase() == Phase::Done
    }
}
