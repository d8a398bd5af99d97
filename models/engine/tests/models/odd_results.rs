//! Control slots that no honest program ends with: the chain hashes their words whole, so the result here must be made of the same words.

use crate::setting::llama;
use gavel_engine::{Edit, Engine, Execution, Outcome};
use gavel_primitives::{Hash, Params, Status, keccak, root_of_bytes};
use std::sync::Arc;

/// A request whose last node is made to write these words into the control slot in step 0.
fn ended_with(engine: &Arc<Engine>, phase: u32, words: [u32; 3]) -> Outcome {
    let edit = Edit {
        step: 0,
        node: engine.program().nodes.len() - 1,
        rewrite: Arc::new(move |control| {
            control[0] = phase;
            [control[4], control[6], control[7]] = words;
        }),
    };
    Execution::commit(Arc::clone(engine), b"Once", &Params::greedy(3), vec![edit])
        .expect("the prompt is short")
        .outcome()
}

/// `H(RESULT, request id, status, tokens out, output length, output root)`, written out.
fn result(id: Hash, status: u32, tokens_out: u32, output_len: u32, root: Hash) -> Hash {
    let mut message = b"gavel.result".to_vec();
    message.resize(32, 0);
    message.extend(id.0);
    for number in [status, tokens_out, output_len] {
        message.extend([0; 28]);
        message.extend(number.to_be_bytes());
    }
    message.extend(root.0);
    keccak(&message)
}

#[test]
fn a_result_has_the_control_slot_s_whole_words() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    let (program, id) = (engine.program(), keccak(b"a request"));
    let empty = root_of_bytes(&[], program.header.output_depth);
    for (phase, status) in [(4, 8), (4, 7), (5, 0), (4, 257), (u32::MAX, 0x8000_0001)] {
        let words = [u32::MAX, status, 0xfedc_ba98];
        let outcome = ended_with(&engine, phase, words);
        assert_eq!(
            outcome.result(id, program).hash(),
            result(id, status, u32::MAX, 0xfedc_ba98, empty),
            "phase {phase}, status {status}"
        );
    }
}

#[test]
fn a_request_that_is_not_done_has_the_step_limit_s_result() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    let (program, id) = (engine.program(), keccak(b"a request"));
    // Prefill goes on past every prompt: the prompt's end is never met.
    let edit = Edit {
        step: 0,
        node: program.nodes.len() - 1,
        rewrite: Arc::new(|control| [control[3], control[6]] = [0, 99]),
    };
    let params = Params::greedy(3);
    let commit = Execution::commit(Arc::clone(&engine), b"Once", &params, vec![edit]);
    let outcome = commit.expect("the prompt is short").outcome();
    assert_eq!(outcome.status, Status::StepLimit);
    assert_eq!(outcome.steps, program.header.steps());
    let empty = root_of_bytes(&[], program.header.output_depth);
    assert_eq!(
        outcome.result(id, program).hash(),
        result(id, 7, 0, 0, empty)
    );
}
