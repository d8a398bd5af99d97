//! Many requests at a time, beside the same one by one; and what committing to their results takes.

use super::{Args, Speed};
use crate::cmd::bench::median;
use anyhow::{Context, Result, ensure};
use gavel_engine::batch::scheduler::{Scheduler, Told};
use gavel_engine::{Capacity, Engine, Outcome};
use gavel_primitives::{Depth, Hash, Params, keccak, root_of_leaves};
use serde::Serialize;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Requests that are also answered one by one: enough for their speed.
const ALONE: usize = 2;

/// What was measured. Generation counts from when every request of those under way has its first token.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    model: Option<String>,
    threads: usize,
    runs: u32,
    requests: usize,
    /// With BOS, of the first request.
    prompt_tokens: usize,
    /// Of all answers.
    tokens: usize,
    tokens_per_second: Speed,
    /// One request after the other.
    alone_tokens_per_second: Speed,
    /// How many times faster together than alone: the median.
    ratio: f64,
    /// The same with the prompts: all tokens generated over the time from the first question to the last answer.
    ratio_with_prompts: f64,
    /// The most bytes of caches at a time.
    most_cache_bytes: usize,
    /// The time of all results' leaves and their batch's root, over the time of computing the answers: the median.
    commitments_over_answers: f64,
}

/// Measures `requests` requests at a time.
///
/// # Errors
/// When the engine refuses a request, or its answers are not the ones that it gives alone.
pub(super) fn run(args: &Args, engine: &Engine, requests: usize) -> Result<Report> {
    let runs = (0..args.runs).map(|_| Run::measure(args, engine, requests));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let speeds = |speed: fn(&Run) -> f64| {
        let all: Vec<f64> = runs.iter().map(speed).collect();
        Speed {
            best: all.iter().copied().fold(0.0, f64::max),
            median: median(all),
        }
    };
    let figure = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let first = runs.first().context("at least one run")?;
    Ok(Report {
        model: args.model_name(),
        threads: rayon::current_num_threads(),
        runs: args.runs,
        requests,
        prompt_tokens: first.prompt_tokens,
        tokens: first.together.tokens,
        tokens_per_second: speeds(|run| run.together.speed()),
        alone_tokens_per_second: speeds(|run| run.alone.speed()),
        ratio: figure(|run| run.together.speed() / run.alone.speed()),
        ratio_with_prompts: figure(|run| run.together.whole_speed() / run.alone.whole_speed()),
        most_cache_bytes: first.most_cache_bytes,
        commitments_over_answers: figure(|run| {
            run.commitments.as_secs_f64() / run.together.whole.as_secs_f64()
        }),
    })
}

/// Prints a report as lines.
pub(super) fn print(report: &Report) {
    println!("{} threads, {} runs", report.threads, report.runs);
    for (how, speed) in [
        ("one by one", report.alone_tokens_per_second),
        ("together", report.tokens_per_second),
    ] {
        println!(
            "{how:<12} {:>10.1} tokens/s, best {:.1}",
            speed.median, speed.best
        );
    }
    println!(
        "{} requests of {} and more tokens, {} tokens in all: {:.2} times as fast together, {:.2} times with the prompts, {:.1} MiB of caches",
        report.requests,
        report.prompt_tokens,
        report.tokens,
        report.ratio,
        report.ratio_with_prompts,
        report.most_cache_bytes as f64 / f64::from(1 << 20)
    );
    println!(
        "results and batch root take {:.4} % of the time of the answers",
        100.0 * report.commitments_over_answers
    );
}

struct Run {
    prompt_tokens: usize,
    together: Answered,
    alone: Answered,
    most_cache_bytes: usize,
    commitments: Duration,
}

/// Tokens and the time that they took.
#[derive(Clone, Copy, Default)]
struct Answered {
    tokens: usize,
    /// From the question on.
    whole: Duration,
    /// Of these those after every request had its first one, and their time.
    generated: usize,
    generation: Duration,
}

impl Answered {
    fn speed(&self) -> f64 {
        self.generated as f64 / self.generation.as_secs_f64()
    }

    fn whole_speed(&self) -> f64 {
        self.tokens as f64 / self.whole.as_secs_f64()
    }

    /// One after the other.
    fn then(self, next: Answered) -> Self {
        Answered {
            tokens: self.tokens + next.tokens,
            whole: self.whole + next.whole,
            generated: self.generated + next.generated,
            generation: self.generation + next.generation,
        }
    }
}

impl Run {
    fn measure(args: &Args, engine: &Engine, requests: usize) -> Result<Run> {
        let prompts: Vec<String> = (0..requests)
            .map(|number| format!("{number}. {}", args.prompt))
            .collect();
        let params = Params::greedy(args.tokens);
        let (mut alone, mut one_by_one) = (Answered::default(), Vec::new());
        for prompt in prompts.iter().take(ALONE) {
            let (answered, outcomes, _) = answer(engine, std::slice::from_ref(prompt), &params)?;
            alone = alone.then(answered);
            one_by_one.extend(outcomes);
        }
        let (together, all, most_cache_bytes) = answer(engine, &prompts, &params)?;
        ensure!(
            all.starts_with(&one_by_one),
            "answers differ together and alone"
        );
        ensure!(
            together.generated > 0,
            "nothing to measure, try more --tokens"
        );
        Ok(Run {
            prompt_tokens: all[0].prompt_tokens.len(),
            together,
            alone,
            most_cache_bytes,
            commitments: commit(engine, &all),
        })
    }
}

/// Answers prompts together; gives the outcomes and the most bytes of caches, too.
fn answer(
    engine: &Engine,
    prompts: &[String],
    params: &Params,
) -> Result<(Answered, Vec<Outcome>, usize)> {
    let capacity = Capacity {
        requests: prompts.len(),
        reuses: false,
        cache_bytes: usize::MAX,
        ..Capacity::default()
    };
    let mut scheduler = Scheduler::new(engine, capacity)?;
    let start = Instant::now();
    for prompt in prompts {
        scheduler.ask(prompt.as_bytes(), *params);
    }
    let (mut ended, mut begun) = (Vec::new(), HashSet::new());
    let mut answered = Answered::default();
    while scheduler.open() > 0 {
        let all_generate = begun.len() == prompts.len();
        let pass = Instant::now();
        let before = answered.tokens;
        scheduler.pass(|ticket, told| match told {
            Told::Token(_) => {
                begun.insert(ticket);
                answered.tokens += 1;
            }
            Told::Ended(outcome) => ended.push((ticket, outcome)),
        });
        if all_generate {
            answered.generated += answered.tokens - before;
            answered.generation += pass.elapsed();
        }
    }
    answered.whole = start.elapsed();
    ended.sort_by_key(|(ticket, _)| *ticket);
    let outcomes = ended.into_iter().map(|(_, outcome)| outcome);
    let outcomes = outcomes.collect::<Result<Vec<_>, _>>()?;
    let most = scheduler.tally().most_cache_bytes;
    Ok((answered, outcomes, most))
}

/// What a sequencer computes of a batch beside the answers: its results' leaves and its root.
fn commit(engine: &Engine, outcomes: &[Outcome]) -> Duration {
    let start = Instant::now();
    let leaves: Vec<Hash> = outcomes
        .iter()
        .enumerate()
        .map(|(index, outcome)| {
            let id = keccak(&index.to_le_bytes());
            outcome.result(id, engine.program()).hash()
        })
        .collect();
    let depth = leaves.len().next_power_of_two().ilog2() as Depth;
    std::hint::black_box(root_of_leaves(&leaves, depth));
    start.elapsed()
}
