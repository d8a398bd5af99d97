//! Many requests at a time in the sandbox: the answers of native code alone.

use gavel_engine::batch::scheduler::{Scheduler, Told};
use gavel_engine::{Capacity, Engine, Native, Wasm};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_primitives::{Params, keccak};
use rayon::ThreadPoolBuilder;
use std::collections::HashMap;
use std::sync::Arc;

#[test]
fn answers_are_those_of_native_code_alone() {
    let Some(path) = gavel_fixtures::model("llama/ts656k-Q8_0.gguf") else {
        return;
    };
    let file = ModelFile::open(&path).expect("a real file opens");
    let image = ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    };
    let program = import(&file, &Limits::default(), image).expect("the file is supported");
    let native = Engine::new(Arc::new(program), Box::new(Native));
    let wasm = Wasm::new().expect("the engine takes the module");
    let engine = Engine::new(Arc::clone(native.program()), Box::new(wasm));
    let requests: Vec<(String, Params)> = (0..10)
        .map(|k| {
            let params = Params {
                temperature: 900 * (k % 2),
                top_p: 950,
                seed: 7,
                ..Params::greedy(4 + k)
            };
            ("The dog ran home. ".repeat(k as usize % 4) + "So", params)
        })
        .collect();
    let one = native.context_cache_bytes();
    for (threads, contexts) in [(3, 16), (1, 1)] {
        let capacity = Capacity {
            cache_bytes: contexts * one,
            ..Capacity::default()
        };
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let (told, tally) = pool.expect("threads can be had").install(|| {
            let mut scheduler = Scheduler::new(&engine, capacity).expect("a fair capacity");
            let mut told = HashMap::new();
            let mut tickets = Vec::new();
            for (prompt, params) in &requests {
                tickets.push(scheduler.ask(prompt.as_bytes(), *params));
                scheduler.pass(|ticket, said| keep(&mut told, ticket, said));
            }
            while scheduler.open() > 0 {
                scheduler.pass(|ticket, said| keep(&mut told, ticket, said));
            }
            let told: Vec<_> = tickets.iter().map(|ticket| told.remove(ticket)).collect();
            (told, scheduler.tally())
        });
        assert!(tally.reused > 0 && tally.most_cache_bytes <= capacity.cache_bytes);
        for ((prompt, params), told) in requests.iter().zip(told) {
            let expected = native.answer(prompt.as_bytes(), params, |_| {}).ok();
            assert_eq!(told, expected, "{threads} threads: {prompt}");
        }
    }
}

fn keep<K: Eq + std::hash::Hash>(
    told: &mut HashMap<K, gavel_engine::Outcome>,
    ticket: K,
    said: Told,
) {
    if let Told::Ended(Ok(outcome)) = said {
        told.insert(ticket, outcome);
    }
}
