//! `gavel bench model`: a model's speed, of the prompt, of generation, of checking an answer again, and of committing to how it was made.

mod committed;
mod drawn;
mod together;

use super::median;
use crate::model::ModelArgs;
use gavel_engine::Engine;
use gavel_primitives::Params;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Options of `gavel bench model`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The prompt.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Once upon a time there was a little girl who liked to play outside in the park with her big red ball"
    )]
    prompt: String,
    /// Read this many drawn tokens instead of a text, and generate after them from an empty cache: the model's own speed,
    /// without its tokenizer.
    #[arg(long, value_name = "N", conflicts_with = "prompt", value_parser = clap::value_parser!(u32).range(1..))]
    prompt_tokens: Option<u32>,
    /// Generate at most this many tokens.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..))]
    tokens: u32,
    /// Answer so many requests at a time instead of one, with prompts of their own, and a few of them one by one.
    #[arg(long, value_name = "N", conflicts_with = "prompt_tokens", value_parser = clap::value_parser!(u16).range(1..=128))]
    concurrent: Option<u16>,
    /// Commit to the whole execution, as a dispute needs it, beside the same request one token after the other.
    #[arg(long, conflicts_with_all = ["prompt_tokens", "concurrent"])]
    commit: bool,
    /// How often.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// What was measured. The step that makes the first token reads the prompt's last one, so it counts as prompt.
#[derive(Debug, Serialize)]
struct Report {
    model: Option<String>,
    threads: usize,
    runs: u32,
    /// With BOS.
    prompt_tokens: usize,
    tokens: usize,
    prompt_tokens_per_second: Speed,
    tokens_per_second: Speed,
    /// The time of checking the answer again along its tokens, over the time of making it: the median. None for drawn tokens.
    recheck_over_answer: Option<f64>,
}

/// Tokens a second, over the runs.
#[derive(Clone, Copy, Debug, Serialize)]
struct Speed {
    median: f64,
    /// What the machine can do when nothing else runs.
    best: f64,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let engine = args.model.engine()?;
    let pool = args.model.pool()?;
    pool.install(|| engine.prepare());
    if let Some(requests) = args.concurrent {
        let report = pool.install(|| together::run(args, &engine, usize::from(requests)))?;
        return args.tell(&report, together::print);
    }
    if args.commit {
        let engine = Arc::new(engine);
        let report = pool.install(|| committed::run(args, &engine))?;
        return args.tell(&report, committed::print);
    }
    let answers = (0..args.runs)
        .map(|_| pool.install(|| args.measure(&engine)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let report = args.report(&answers, pool.current_num_threads());
    args.tell(&report, print)
}

fn print(report: &Report) {
    println!("{} threads, {} runs", report.threads, report.runs);
    for (part, tokens, speed) in [
        (
            "prompt",
            report.prompt_tokens,
            report.prompt_tokens_per_second,
        ),
        ("generation", report.tokens, report.tokens_per_second),
    ] {
        println!(
            "{part:<12} {tokens:>5} tokens {:>10.1} tokens/s, best {:.1}",
            speed.median, speed.best
        );
    }
    if let Some(ratio) = report.recheck_over_answer {
        println!("checking the answer again takes {ratio:.3} of the time of making it");
    }
}

/// When an answer's tokens came.
struct Timed {
    prompt_tokens: usize,
    tokens: usize,
    /// From the start to the first token, and on to the last.
    first: Duration,
    others: Duration,
    /// Of checking the answer again.
    recheck: Option<Duration>,
}

fn answer(engine: &Engine, args: &Args) -> anyhow::Result<Timed> {
    let start = Instant::now();
    let (mut first, mut last) = (None, Duration::ZERO);
    let params = Params::greedy(args.tokens);
    let outcome = engine.answer(args.prompt.as_bytes(), &params, |_| {
        last = start.elapsed();
        first.get_or_insert(last);
    })?;
    let Some(first) = first.filter(|_| outcome.tokens.len() > 1) else {
        anyhow::bail!(
            "{:?} after {} tokens: nothing to measure, try another prompt",
            outcome.status,
            outcome.tokens.len()
        );
    };
    let start = Instant::now();
    let checked = engine.check(args.prompt.as_bytes(), &params, &outcome.tokens)?;
    let recheck = start.elapsed();
    anyhow::ensure!(checked.outcome == outcome, "checking gave another answer");
    Ok(Timed {
        prompt_tokens: outcome.prompt_tokens.len(),
        tokens: outcome.tokens.len(),
        first,
        others: last - first,
        recheck: Some(recheck),
    })
}

impl Args {
    /// Prints a report as one JSON object or as lines.
    fn tell<R: Serialize>(&self, report: &R, print: impl FnOnce(&R)) -> anyhow::Result<()> {
        match self.json {
            true => println!("{}", serde_json::to_string(report)?),
            false => print(report),
        }
        Ok(())
    }

    fn model_name(&self) -> Option<String> {
        let model = self.model.model.as_ref();
        model.map(|path| path.display().to_string())
    }

    fn measure(&self, engine: &Engine) -> anyhow::Result<Timed> {
        match self.prompt_tokens {
            Some(count) => drawn::measure(engine, count, self.tokens),
            None => answer(engine, self),
        }
    }

    /// `answers` are all of the same tokens.
    fn report(&self, answers: &[Timed], threads: usize) -> Report {
        let speeds = |speed: fn(&Timed) -> f64| {
            let all: Vec<f64> = answers.iter().map(speed).collect();
            Speed {
                best: all.iter().copied().fold(0.0, f64::max),
                median: median(all),
            }
        };
        let ratio = |timed: &Timed| {
            let answer = timed.first + timed.others;
            Some(timed.recheck?.as_secs_f64() / answer.as_secs_f64())
        };
        let ratios: Option<Vec<f64>> = answers.iter().map(ratio).collect();
        Report {
            model: self.model_name(),
            threads,
            runs: self.runs,
            prompt_tokens: answers[0].prompt_tokens,
            tokens: answers[0].tokens,
            prompt_tokens_per_second: speeds(|timed| {
                timed.prompt_tokens as f64 / timed.first.as_secs_f64()
            }),
            tokens_per_second: speeds(|timed| {
                (timed.tokens - 1) as f64 / timed.others.as_secs_f64()
            }),
            recheck_over_answer: ratios.map(median),
        }
    }
}
