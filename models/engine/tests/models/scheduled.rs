//! Many requests at a time: each gets the answer that it would get alone, whenever it comes, whoever goes, however little memory there is.

use crate::batches::{FILES, filtered, stopped};
use crate::setting::{engine_of, llama};
use gavel_engine::batch::scheduler::{Scheduler, Tally, Ticket, Told};
use gavel_engine::{Call, Capacity, CapacityError, Engine, Executor, Native, Outcome};
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::ModelFile;
use gavel_primitives::{Params, StatusCode};
use rayon::ThreadPoolBuilder;
use std::collections::HashMap;
use std::sync::Arc;

type Request = (String, Params);

/// Requests of every kind: long and short, some with the same beginning, some that end at once.
fn requests() -> Vec<Request> {
    let drawn = |max_tokens, seed| Params {
        temperature: 900,
        top_p: 950,
        seed,
        ..Params::greedy(max_tokens)
    };
    let story = "Once upon a time there was a little dog who liked to run. ".repeat(4);
    let mut all = vec![
        (String::new(), Params::greedy(6)),
        ("Lily".into(), Params::greedy(0)),
        ("Lily".into(), Params::greedy(1)),
        ("Tom had a red ball.".into(), Params::greedy(25)),
        (story.repeat(40), Params::greedy(3)),
    ];
    for seed in 0..6 {
        all.push((
            format!("{story} Part {seed}"),
            drawn(10 + seed as u32, seed),
        ));
        all.push((
            story[..seed as usize * 20].into(),
            filtered(12 + seed as u32, seed),
        ));
        all.push((
            format!("{story} So {seed}"),
            stopped(20, &[["e", " a", "o", ".", "th", "\n"][seed as usize]]),
        ));
        all.push((story[..seed as usize * 30].into(), drawn(20, seed)));
    }
    all
}

/// What one node after the other gives: a request alone.
fn alone(engine: &Engine, (prompt, params): &Request) -> Option<Outcome> {
    engine
        .answer_by_nodes(prompt.as_bytes(), params, |_| {})
        .ok()
}

/// The splitmix64 generator: who comes and goes when.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What was said of a request.
#[derive(Default)]
struct Heard {
    tokens: Vec<u32>,
    ended: Option<Option<Outcome>>,
    cancelled: bool,
}

/// Requests that come in an order drawn from `seed`, between passes, while some are called off: all are answered as they are alone.
fn check(engine: &Engine, requests: &[Request], expected: &[Option<Outcome>], play: Play) -> Tally {
    let mut scheduler = Scheduler::new(engine, play.capacity).expect("a fair capacity");
    let mut chance = Chance(play.seed);
    let mut order: Vec<usize> = (0..requests.len()).collect();
    let mut asked: HashMap<Ticket, usize> = HashMap::new();
    let mut heard: Vec<Heard> = requests.iter().map(|_| Heard::default()).collect();
    while !order.is_empty() || scheduler.open() > 0 {
        if !order.is_empty() && (play.at_once || chance.below(3) == 0) {
            let next = order.swap_remove(chance.below(order.len() as u64) as usize);
            let (prompt, params) = &requests[next];
            asked.insert(scheduler.ask(prompt.as_bytes(), *params), next);
            continue;
        }
        if play.cancels && chance.below(12) == 0 {
            let pick = chance.below(requests.len() as u64) as usize;
            if let Some((ticket, of)) = asked.iter().find(|(_, of)| **of == pick) {
                scheduler.cancel(*ticket);
                heard[*of].cancelled |= heard[*of].ended.is_none();
            }
        }
        scheduler.pass(|ticket, told| {
            let heard = &mut heard[asked[&ticket]];
            assert!(
                !heard.cancelled && heard.ended.is_none(),
                "{play:?}: said after the end"
            );
            match told {
                Told::Token(piece) => {
                    assert_eq!(piece.scores, None, "nobody asked for scores");
                    heard.tokens.push(piece.token);
                }
                Told::Ended(outcome) => heard.ended = Some(outcome.ok()),
            }
        });
    }
    for ((request, heard), expected) in requests.iter().zip(&heard).zip(expected) {
        let tokens = expected.as_ref().map_or(&[][..], |outcome| &outcome.tokens);
        match &heard.ended {
            Some(ended) => {
                assert_eq!(ended, expected, "{play:?}: {request:?}");
                assert_eq!(heard.tokens, tokens, "{play:?}: {request:?}");
            }
            None => assert!(
                heard.cancelled && tokens.starts_with(&heard.tokens),
                "{play:?}: {request:?}"
            ),
        }
    }
    scheduler.tally()
}

#[derive(Clone, Copy, Debug)]
struct Play {
    seed: u64,
    at_once: bool,
    cancels: bool,
    capacity: Capacity,
}

impl Play {
    fn with(requests: usize) -> Self {
        Play {
            seed: 1,
            at_once: true,
            cancels: false,
            capacity: Capacity {
                requests,
                ..Capacity::default()
            },
        }
    }
}

/// One and sixteen at a time, drawn comings and goings, much and little memory.
fn plays(engine: &Engine, count: u64) -> Vec<Play> {
    let mut plays = vec![Play::with(1), Play::with(16)];
    for seed in 0..count {
        for cancels in [false, true] {
            let contexts = 1 + seed as usize % 3;
            plays.push(Play {
                seed,
                at_once: false,
                cancels,
                capacity: Capacity {
                    requests: [16, 3, 7][seed as usize % 3],
                    cache_bytes: contexts * engine.context_cache_bytes(),
                    prompt_rows: [5, 32, 128][seed as usize % 3],
                    reuses: seed % 4 != 3,
                },
            });
        }
    }
    plays
}

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be had").install(run)
}

fn check_all(engine: &Engine, requests: &[Request], count: u64) {
    let expected: Vec<_> = requests
        .iter()
        .map(|request| alone(engine, request))
        .collect();
    for (index, play) in plays(engine, count).into_iter().enumerate() {
        let threads = [2, 1, 7][index % 3];
        let tally = on_threads(threads, || check(engine, requests, &expected, play));
        assert!(
            tally.most_cache_bytes <= play.capacity.cache_bytes,
            "{play:?}"
        );
        assert!(play.capacity.reuses || tally.reused == 0, "{play:?}");
    }
}

#[test]
fn real_models_answer_each_as_if_it_were_alone() {
    for file in FILES {
        let Some(engine) = llama(file) else { return };
        check_all(&engine, &requests(), 3);
    }
}

fn random(family: Family, storage: Storage) -> Arc<Engine> {
    let model = RandomModel {
        family,
        dim: 128,
        layers: 3,
        heads: 4,
        kv_heads: 2,
        ffn: 256,
        vocab: 400,
        context: 96,
        storage,
        seed: 9,
        ..RandomModel::STORIES15M
    };
    let mut file = Vec::new();
    model.write(&mut file).expect("a vector takes all bytes");
    engine_of(&ModelFile::from_bytes(&file))
}

#[test]
fn random_models_of_every_family_answer_each_as_if_it_were_alone() {
    let requests: Vec<Request> = requests()
        .into_iter()
        .map(|(prompt, params)| (prompt.chars().take(40).collect(), params))
        .collect();
    for family in Family::ALL {
        check_all(&random(family, Storage::Q8_0), &requests, 2);
    }
}

#[test]
fn sixteen_at_a_time_take_few_passes() {
    let Some(engine) = llama("ts656k-Q8_0.gguf") else {
        return;
    };
    let requests: Vec<Request> = (0..16)
        .map(|k| (format!("{k} cats"), Params::greedy(40)))
        .collect();
    let expected: Vec<_> = requests.iter().map(|r| alone(&engine, r)).collect();
    let longest = expected.iter().flatten().map(|outcome| outcome.steps).max();
    let together = check(&engine, &requests, &expected, Play::with(16));
    let one_by_one = check(&engine, &requests, &expected, Play::with(1));
    assert!(
        together.passes <= longest.expect("answers") + 16,
        "{together:?}"
    );
    assert!(one_by_one.passes > 4 * together.passes, "{one_by_one:?}");
}

#[test]
fn what_another_request_computed_is_not_computed_again() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    // A conversation: each request begins with all of the one before it.
    let mut requests: Vec<Request> = Vec::new();
    let mut text = "Once upon a time there was a little girl. ".repeat(3);
    for turn in 0..5 {
        text += &format!("Turn {turn}. She said hello. ");
        requests.push((text.clone(), Params::greedy(4)));
    }
    let one = engine.context_cache_bytes();
    for cache_bytes in [one, 2 * one, 8 * one] {
        let mut rows = Vec::new();
        for reuses in [true, false] {
            let capacity = Capacity {
                cache_bytes,
                reuses,
                ..Capacity::default()
            };
            let mut scheduler = Scheduler::new(&engine, capacity).expect("a fair capacity");
            for request in &requests {
                let mut ended = None;
                scheduler.ask(request.0.as_bytes(), request.1);
                while scheduler.open() > 0 {
                    scheduler.pass(|_, told| {
                        if let Told::Ended(outcome) = told {
                            ended = outcome.ok();
                        }
                    });
                }
                assert_eq!(ended, alone(&engine, request), "{request:?}");
            }
            let tally = scheduler.tally();
            assert!(tally.most_cache_bytes <= cache_bytes);
            rows.push(tally.rows + tally.reused);
            assert_eq!(tally.reused > 0, reuses);
            if reuses {
                assert!(tally.rows < tally.reused, "{tally:?}: most is taken over");
            }
        }
        assert_eq!(rows[0], rows[1], "what isn't taken over is computed");
    }
}

/// Native code that has no batches.
struct NodeByNode;

impl Executor for NodeByNode {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        Native.run(call, out);
    }

    fn name(&self) -> &'static str {
        "node by node"
    }
}

#[test]
fn without_batches_requests_are_answered_one_after_the_other() {
    let Some(batched) = llama("ts656k-Q4_0.gguf") else {
        return;
    };
    let engine = Engine::new(Arc::clone(batched.program()), Box::new(NodeByNode));
    assert!(engine.session().is_none());
    let requests = &requests()[..4];
    let expected: Vec<_> = requests.iter().map(|r| alone(&engine, r)).collect();
    for cancels in [false, true] {
        let play = Play {
            cancels,
            at_once: false,
            ..Play::with(4)
        };
        check(&engine, requests, &expected, play);
    }
}

#[test]
fn a_capacity_must_be_enough_for_one_request() {
    let Some(engine) = llama("stories260K-F32.gguf") else {
        return;
    };
    let needed = engine.context_cache_bytes();
    let refused = |capacity| Scheduler::new(&engine, capacity).err();
    let given = Capacity::default();
    let too_small = Capacity {
        cache_bytes: needed - 1,
        ..given
    };
    let got = needed - 1;
    assert_eq!(
        refused(too_small),
        Some(CapacityError::CacheBytes { got, needed })
    );
    for requests in [0, 129] {
        let error = CapacityError::Range {
            what: "requests",
            got: requests,
            range: (1, 128),
        };
        assert_eq!(refused(Capacity { requests, ..given }), Some(error));
    }
    assert!(
        refused(Capacity {
            prompt_rows: 0,
            ..given
        })
        .is_some()
    );
}

#[test]
fn a_prompt_that_is_too_long_is_refused_and_stops_nobody() {
    let Some(engine) = llama("stories260K-F32.gguf") else {
        return;
    };
    let limit = engine.program().header.max_prompt_bytes as usize;
    let requests = [
        ("x".repeat(limit + 1), Params::greedy(3)),
        ("Lily".into(), Params::greedy(3)),
    ];
    let expected = [None, alone(&engine, &requests[1])];
    let status = expected[1].as_ref().map(|outcome| outcome.status);
    assert_eq!(
        status,
        Some(StatusCode::from(gavel_primitives::Status::Length))
    );
    check(&engine, &requests, &expected, Play::with(2));
}
