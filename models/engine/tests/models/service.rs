//! A service of many threads' requests: answers as ever, streamed; requests called off; a request that panics harms no other.

use crate::batches::filtered;
use crate::setting::llama;
use gavel_engine::batch::workshop::{Planned, Prepared};
use gavel_engine::{Call, Capacity, Engine, Executor, Heard, Native, Piece, Service, ServiceError};
use gavel_primitives::Params;
use gavel_program::Op;
use rayon::ThreadPoolBuilder;
use std::sync::Arc;
use std::thread;

fn expected(engine: &Engine, prompt: &str, params: &Params) -> gavel_engine::Outcome {
    let outcome = engine.answer_by_nodes(prompt.as_bytes(), params, |_| {});
    outcome.expect("the prompt is short")
}

#[test]
fn threads_hear_their_own_answers() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    let pool = ThreadPoolBuilder::new().num_threads(2).build();
    for pool in [None, Some(pool.expect("threads can be had"))] {
        let service = Service::start(Arc::clone(&engine), pool, Capacity::default());
        let service = service.expect("a fair capacity");
        thread::scope(|scope| {
            for asker in 0..9 {
                let (service, engine) = (&service, &engine);
                scope.spawn(move || {
                    for turn in 0..3 {
                        let prompt = format!("Part {turn}. Friend {asker} said");
                        let params = Params {
                            temperature: 800,
                            top_p: 950,
                            seed: u64::from(asker),
                            ..Params::greedy(12 + asker)
                        };
                        let mut tokens = Vec::new();
                        let answering = service.ask(prompt.as_bytes(), &params);
                        let outcome = answering.wait(|token| tokens.push(token));
                        let expected = expected(engine, &prompt, &params);
                        assert_eq!(tokens, expected.tokens);
                        assert_eq!(outcome, Ok(expected));
                    }
                });
            }
        });
    }
}

#[test]
fn tokens_come_before_the_end_and_nobody_need_listen() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    let service = Service::start(Arc::clone(&engine), None, Capacity::default());
    let service = service.expect("a fair capacity");
    let params = Params::greedy(400);
    let mut long = service.ask(b"Once", &params);
    let expected = expected(&engine, "Once", &params);
    for token in &expected.tokens[..3] {
        let piece = Piece {
            token: *token,
            scores: None,
        };
        assert_eq!(long.hear(), Heard::Token(piece));
    }
    drop(long);
    let short = service.ask(b"Lily", &Params::greedy(2));
    assert_eq!(short.wait(|_| {}).expect("an answer").tokens.len(), 2);
    // What is under way when the service goes ends with it.
    let waiting = service.ask(b"Once", &Params::greedy(400));
    drop(service);
    let ended = waiting.wait(|_| {});
    assert!(ended == Err(ServiceError::Stopped) || ended == Ok(expected));
}

/// Native code that panics at the fourth token of an answer to more than ten bytes.
struct Fragile;

impl Executor for Fragile {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        let long = call.control.prompt_len > 10;
        let bad = long && matches!(call.node.op, Op::Advance(_)) && call.control.tokens_out == 3;
        assert!(!bad, "a prompt that nobody expected");
        Native.run(call, out);
    }

    fn prepare(&self, planned: &Planned) -> Option<Box<dyn Prepared>> {
        Native.prepare(planned)
    }

    fn name(&self) -> &'static str {
        "fragile"
    }
}

#[test]
fn a_request_that_panics_takes_no_other_along() {
    let Some(native) = llama("ts656k-Q8_0.gguf") else {
        return;
    };
    let engine = Arc::new(Engine::new(Arc::clone(native.program()), Box::new(Fragile)));
    let service = Service::start(engine, None, Capacity::default()).expect("a fair capacity");
    let prompts = ["One", "Two cats and a dog", "Three", "Four"];
    let params = Params::greedy(9);
    let asked: Vec<_> = prompts
        .map(|prompt| (prompt, service.ask(prompt.as_bytes(), &params)))
        .into_iter()
        .collect();
    for (prompt, answering) in asked {
        let mut tokens = Vec::new();
        let ended = answering.wait(|token| tokens.push(token));
        let expected = expected(&native, prompt, &params);
        if prompt.len() > 10 {
            let message = "a prompt that nobody expected".into();
            assert_eq!(ended, Err(ServiceError::Panicked { message }));
            assert_eq!(tokens, expected.tokens[..3], "each is heard once");
        } else {
            assert_eq!(tokens, expected.tokens, "each is heard once");
            assert_eq!(ended, Ok(expected));
        }
    }
    let again = service.ask(b"Lily", &params).wait(|_| {});
    assert_eq!(again, Ok(expected(&native, "Lily", &params)));
}

#[test]
fn scores_are_those_of_a_request_alone() {
    let Some(engine) = llama("stories260K-Q8_0.gguf").map(Arc::new) else {
        return;
    };
    let service = Service::start(Arc::clone(&engine), None, Capacity::fitting(&engine));
    let service = service.expect("a fair capacity");
    let params = filtered(12, 4);
    let mut expected = Vec::new();
    let outcome = engine.answer_scored(b"Lily", &params, 3, |piece| expected.push(piece));
    let outcome = outcome.expect("the prompt is short");
    let others: Vec<_> = (0..5)
        .map(|k| service.ask(b"Tom had", &filtered(20, k)))
        .collect();
    let mut answering = service.ask_scored(b"Lily", &params, Some(3));
    for piece in expected {
        assert!(piece.scores.is_some(), "they were asked for");
        assert_eq!(answering.hear(), Heard::Token(piece));
    }
    assert_eq!(answering.hear(), Heard::Ended(Ok(outcome)));
    for other in others {
        other.wait(|_| {}).expect("an answer");
    }
}
