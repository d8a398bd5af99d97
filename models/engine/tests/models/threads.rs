//! The same bits with any number of threads.

use crate::setting::llama;
use gavel_engine::Execution;
use gavel_primitives::{Hash, Params};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

/// Outcome and root of a request's execution, computed by so many threads.
fn committed(file: &str, params: &Params, threads: usize) -> Option<(Vec<u8>, Vec<u32>, Hash)> {
    let engine = llama(file)?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be had");
    let execution = pool
        .install(|| Execution::commit(Arc::clone(&engine), b"Lily and Tom", params, Vec::new()))
        .expect("the prompt is short");
    let outcome = execution.outcome();
    let fast = pool
        .install(|| engine.answer(b"Lily and Tom", params, |_| {}))
        .expect("the prompt is short");
    assert_eq!(
        fast, outcome,
        "{file}: without and with hashing, {threads} threads"
    );
    Some((outcome.output, outcome.tokens, execution.leaves().root()))
}

#[test]
fn one_two_and_seven_threads_agree() {
    let drawn = Params {
        max_tokens: 12,
        temperature: 900,
        top_p: 950,
        seed: 7,
    };
    for file in [
        "stories260K-F32.gguf",
        "ts656k-Q8_0.gguf",
        "ts656k-Q4_0.gguf",
    ] {
        for params in [Params::greedy(12), drawn] {
            let Some(one) = committed(file, &params, 1) else {
                return;
            };
            for threads in [2, 7] {
                assert_eq!(
                    committed(file, &params, threads).as_ref(),
                    Some(&one),
                    "{file}, {threads} threads"
                );
            }
        }
    }
}
