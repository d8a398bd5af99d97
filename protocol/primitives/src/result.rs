//! Results: the leaves of a batch.

use crate::{Depth, Hash, Status, tag, tagged, word, zero_root};

/// What a batch says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCommitment {
    /// The request.
    pub request_id: Hash,
    /// How it ended.
    pub status: Status,
    /// Tokens generated, without the end token.
    pub tokens_out: u32,
    /// Bytes of the answer.
    pub output_len: u32,
    /// Root of the output slot, zero past the answer.
    pub output_root: Hash,
}

impl ResultCommitment {
    /// The result of a request that is not done at the program's last step.
    pub fn step_limit(request_id: Hash, output_depth: Depth) -> Self {
        ResultCommitment {
            request_id,
            status: Status::StepLimit,
            tokens_out: 0,
            output_len: 0,
            output_root: zero_root(output_depth),
        }
    }

    /// `H(request id, status, tokens out, output length, output root)`.
    pub fn hash(&self) -> Hash {
        let words = [
            self.request_id.0,
            word(self.status.code().into()),
            word(self.tokens_out.into()),
            word(self.output_len.into()),
            self.output_root.0,
        ];
        tagged(&tag::RESULT, &words)
    }
}
