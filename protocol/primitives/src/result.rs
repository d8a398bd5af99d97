//! Results: the leaves of a batch.

use crate::{Hash, StatusCode, tag, tagged, word};

/// What a batch says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCommitment {
    /// The request.
    pub request_id: Hash,
    /// How it ended: the control slot's whole word.
    pub status: StatusCode,
    /// Tokens generated, without the end token.
    pub tokens_out: u32,
    /// Bytes of the answer.
    pub output_len: u32,
    /// Root of the output slot, zero past the answer.
    pub output_root: Hash,
}

impl ResultCommitment {
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
