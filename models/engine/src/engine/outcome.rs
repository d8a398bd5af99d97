//! How a request ended, and what a batch says of that.

use super::Engine;
use crate::State;
use gavel_primitives::{Hash, ResultCommitment, Status, StatusCode, root_of_bytes};
use gavel_program::Program;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended, as the control slot says, with a name or without.
    pub status: StatusCode,
    /// Tokens of the prompt, with BOS.
    pub prompt_tokens: Vec<u32>,
    /// Tokens generated, without the end token.
    pub tokens: Vec<u32>,
    /// The answer's bytes.
    pub output: Vec<u8>,
    /// Tokens generated, as the control slot says; after an honest run the length of `tokens`.
    pub tokens_out: u32,
    /// Bytes of the answer, as the control slot says; after an honest run the length of `output`.
    pub output_len: u32,
    /// The whole output slot; after an honest run zero past the answer.
    pub output_slot: Vec<u8>,
    /// Steps of the program until it was done.
    pub steps: u64,
}

impl Outcome {
    /// What a batch says of this outcome. A request that was not done has no output, and so the zero tree's root.
    pub fn result(&self, request_id: Hash, program: &Program) -> ResultCommitment {
        // Zeros past the last other byte are what the tree is padded with: they need no hashing.
        let end = self.output_slot.iter().rposition(|byte| *byte != 0);
        let written = &self.output_slot[..end.map_or(0, |last| last + 1)];
        ResultCommitment {
            request_id,
            status: self.status,
            tokens_out: self.tokens_out,
            output_len: self.output_len,
            output_root: root_of_bytes(written, program.header.output_depth),
        }
    }
}

impl Engine {
    /// The outcome that a state shows.
    pub fn outcome(&self, state: &State, steps: u64) -> Outcome {
        let control = state.control();
        if !control.is_done() {
            return Outcome {
                status: Status::StepLimit.into(),
                prompt_tokens: Vec::new(),
                tokens: Vec::new(),
                output: Vec::new(),
                tokens_out: 0,
                output_len: 0,
                output_slot: Vec::new(),
                steps,
            };
        }
        let output = self
            .program
            .slot_place(self.program.header.output_slot)
            .expect("a checked program has an output slot");
        let bytes: &[u8] = bytemuck::cast_slice(state.slot(output));
        let tokens = self.tokens(state);
        let end = |count: u32| tokens.len().min(count as usize);
        let prompt_end = end(control.prompt_tokens);
        let tokens_end = end(control.prompt_tokens.saturating_add(control.tokens_out));
        Outcome {
            status: StatusCode::from(control.status),
            prompt_tokens: tokens[..prompt_end].to_vec(),
            tokens: tokens[prompt_end..tokens_end].to_vec(),
            output: bytes[..bytes.len().min(control.output_len as usize)].to_vec(),
            tokens_out: control.tokens_out,
            output_len: control.output_len,
            output_slot: bytes.to_vec(),
            steps,
        }
    }
}
