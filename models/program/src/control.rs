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
//! | 12 | top-k, 0 = all |
//! | 13 | min-p in thousandths |
//! | 14 | repetition penalty in thousandths, 0 and 1000 = none |
//! | 15 | frequency penalty in thousandths, two's complement |
//! | 16 | presence penalty in thousandths, two's complement |
//! | 17 | the text's end: 0, or one more than the bytes of text that stand before a stop text |
//! | 18..31 | zero |
//! | 32..63 | four stop texts, 8 words each: their bytes, zeros, and as the last byte their length |

use gavel_primitives::{Params, STOP_TEXTS, Status, StopText, StopTexts};

/// Words of the control slot.
pub const CONTROL_WORDS: usize = 64;
/// The first word of the stop texts.
const STOP: usize = 32;
/// Words of a stop text.
const STOP_WORDS: usize = 8;
/// The repetition penalty that leaves logits as they are.
const NO_REPETITION: u32 = 1000;

const _: () = assert!(STOP + STOP_TEXTS * STOP_WORDS == CONTROL_WORDS);

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
    /// The most probable tokens that are drawn from; 0 = all.
    pub top_k: u32,
    /// Thousandths.
    pub min_p: u32,
    /// Thousandths; 0 and 1000 = none.
    pub repetition_penalty: u32,
    /// Thousandths.
    pub frequency_penalty: i32,
    /// Thousandths.
    pub presence_penalty: i32,
    /// 0, or one more than the bytes of text that stand before a stop text.
    pub text_end: u32,
    /// Texts before which the answer ends.
    pub stop: StopTexts,
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
            top_k: params.top_k,
            min_p: params.min_p,
            repetition_penalty: params.repetition_penalty,
            frequency_penalty: params.frequency_penalty,
            presence_penalty: params.presence_penalty,
            text_end: 0,
            stop: params.stop,
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
            top_k: words[12],
            min_p: words[13],
            repetition_penalty: words[14],
            frequency_penalty: words[15] as i32,
            presence_penalty: words[16] as i32,
            text_end: words[17],
            stop: core::array::from_fn(|text| {
                let words = &words[STOP + text * STOP_WORDS..][..STOP_WORDS];
                let mut bytes = [0; 4 * STOP_WORDS];
                for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
                    bytes.copy_from_slice(&word.to_le_bytes());
                }
                StopText::from_word(bytes)
            }),
        }
    }

    /// Writes the slot.
    pub fn encode(&self) -> [u32; CONTROL_WORDS] {
        let mut words = [0; CONTROL_WORDS];
        words[..18].copy_from_slice(&[
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
            self.top_k,
            self.min_p,
            self.repetition_penalty,
            self.frequency_penalty as u32,
            self.presence_penalty as u32,
            self.text_end,
        ]);
        for (words, text) in words[STOP..].chunks_exact_mut(STOP_WORDS).zip(&self.stop) {
            for (word, bytes) in words.iter_mut().zip(text.word().chunks_exact(4)) {
                *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
        words
    }

    /// Whether tokens that were there before have other logits.
    pub fn penalizes(&self) -> bool {
        let repetition = self.repetition_penalty != 0 && self.repetition_penalty != NO_REPETITION;
        repetition || self.frequency_penalty != 0 || self.presence_penalty != 0
    }

    /// Whether there is a text before which the answer ends.
    pub fn stops(&self) -> bool {
        self.stop.iter().any(|text| !text.is_none())
    }

    /// Bytes of the generated tokens' text that the answer may have.
    pub fn text_limit(&self) -> u32 {
        self.text_end.wrapping_sub(1)
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
