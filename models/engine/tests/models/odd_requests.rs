//! Requests at the edges: each ends with a status.

use crate::setting::llama;
use gavel_engine::{Engine, Outcome, StateError};
use gavel_primitives::{Params, Status};

fn answer(engine: &Engine, prompt: &[u8], max_tokens: u32) -> Outcome {
    engine
        .answer(prompt, &Params::greedy(max_tokens), |_| {})
        .expect("the prompt fits its slot")
}

#[test]
fn characters_outside_a_vocabulary_are_unknown_tokens() {
    let Some(engine) = llama("ts656k-F32.gguf") else {
        return;
    };
    let outcome = answer(&engine, "Ünïcödé \u{1F999} 数".as_bytes(), 8);
    assert_eq!(outcome.status, Status::Length);
    assert_eq!(outcome.tokens.len(), 8);
    assert_eq!(outcome.prompt_tokens[0], 1, "BOS");
    assert!(
        outcome.prompt_tokens.contains(&0),
        "{:?}",
        outcome.prompt_tokens
    );
}

#[test]
fn any_bytes_are_a_prompt() {
    for file in ["ts656k-F32.gguf", "stories260K-F32.gguf"] {
        let Some(engine) = llama(file) else { return };
        for prompt in [
            &[0xff, 0xfe, 0x00, 0x80][..],
            &[0xe2, 0x96],
            &[0; 40],
            &[0xf0; 300],
        ] {
            let outcome = answer(&engine, prompt, 4);
            assert_eq!(outcome.status, Status::Length, "{file}: {prompt:?}");
        }
    }
}

#[test]
fn limits_end_a_request_with_their_status() {
    let Some(engine) = llama("stories260K-F32.gguf") else {
        return;
    };
    let none = answer(&engine, b"Once", 0);
    assert_eq!((none.status, none.tokens.len()), (Status::Length.into(), 0));
    assert!(none.output.is_empty());

    let full = answer(&engine, b"Once upon a time", u32::MAX);
    assert!(
        matches!(
            full.status.named(),
            Some(Status::ContextFull | Status::Stop)
        ),
        "{:?}",
        full.status
    );
    assert!(full.prompt_tokens.len() + full.tokens.len() <= 512 + 1);

    let empty = answer(&engine, b"", 3);
    assert_eq!(
        (empty.status, empty.prompt_tokens),
        (Status::Length.into(), vec![1])
    );

    let long = engine.program().header.max_prompt_bytes as usize;
    let crowded = answer(&engine, &vec![b'#'; long], 3);
    assert_eq!(crowded.status, Status::PromptTooLong);
    assert!(crowded.output.is_empty());
    let too_long = engine.answer(&vec![b'#'; long + 1], &Params::greedy(1), |_| {});
    assert_eq!(
        too_long,
        Err(StateError::PromptTooLong {
            got: long + 1,
            limit: long as u32
        })
    );
}
