//! Parts of openings that the toy world's referee doesn't look at.

use gavel_dispute::payload::{ExecutionEnd, HeaderWords};
use gavel_primitives::{CompactProof, Hash, Params, Request};

pub(super) const BLANK_HEADER: HeaderWords = HeaderWords([[0; 32]; 26]);

pub(super) fn empty_proof() -> CompactProof {
    CompactProof {
        mask: 0,
        siblings: Vec::new(),
    }
}

pub(super) fn blank_execution_end() -> ExecutionEnd {
    ExecutionEnd {
        header: BLANK_HEADER,
        leaf: empty_proof(),
        persistent_root: Hash::ZERO,
        control: [Hash::ZERO; 8],
        control_path: empty_proof(),
        output_root: Hash::ZERO,
        output_path: empty_proof(),
    }
}

pub(super) fn toy_request(index: u64) -> Request {
    Request {
        chain_id: 1,
        hub: [0; 20],
        lane: 0,
        index,
        program_id: Hash::ZERO,
        requester: [0; 20],
        prompt_root: Hash::ZERO,
        prompt_len: 0,
        params: Params::greedy(1),
    }
}
