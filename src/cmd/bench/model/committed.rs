//! What a dispute costs first: a request's whole execution commitment, beside the same request one token after the other.

use super::Args;
use crate::cmd::bench::median;
use anyhow::{Context, Result, ensure};
use gavel_engine::batch::workshop::Row;
use gavel_engine::{Engine, Execution, Outcome};
use gavel_primitives::Params;
use gavel_program::{Control, Phase};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// What was measured: medians.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    model: Option<String>,
    threads: usize,
    runs: u32,
    /// With BOS.
    prompt_tokens: usize,
    tokens: usize,
    /// Nodes that the execution has leaves for, with those that don't run.
    nodes: u64,
    /// The layers one token after the other, the prompt's too.
    plain_seconds: f64,
    /// The answer as it is served: the prompt in batches.
    answer_seconds: f64,
    /// Every node of every step hashed.
    commit_seconds: f64,
    commit_over_plain: f64,
    commit_over_answer: f64,
}

/// Measures.
///
/// # Errors
/// When the engine refuses the request or doesn't compute in batches, or its ways to compute differ.
pub(super) fn run(args: &Args, engine: &Arc<Engine>) -> Result<Report> {
    let runs = (0..args.runs).map(|_| Run::measure(args, engine));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let figure = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let first = runs.first().context("at least one run")?;
    Ok(Report {
        model: args.model_name(),
        threads: rayon::current_num_threads(),
        runs: args.runs,
        prompt_tokens: first.outcome.prompt_tokens.len(),
        tokens: first.outcome.tokens.len(),
        nodes: first.outcome.steps * engine.program().nodes.len() as u64,
        plain_seconds: figure(|run| run.plain),
        answer_seconds: figure(|run| run.answer),
        commit_seconds: figure(|run| run.commit),
        commit_over_plain: figure(|run| run.commit / run.plain),
        commit_over_answer: figure(|run| run.commit / run.answer),
    })
}

/// Prints a report as lines.
pub(super) fn print(report: &Report) {
    println!("{} threads, {} runs", report.threads, report.runs);
    println!(
        "{} tokens of prompt, {} generated, {} nodes",
        report.prompt_tokens, report.tokens, report.nodes
    );
    println!("{:<22} {:>9.3} s", "token by token", report.plain_seconds);
    println!("{:<22} {:>9.3} s", "as served", report.answer_seconds);
    println!(
        "{:<22} {:>9.3} s: {:.2} times token by token, {:.2} times as served",
        "execution committed",
        report.commit_seconds,
        report.commit_over_plain,
        report.commit_over_answer
    );
}

/// One request in three ways, in seconds.
struct Run {
    outcome: Outcome,
    plain: f64,
    answer: f64,
    commit: f64,
}

impl Run {
    fn measure(args: &Args, engine: &Arc<Engine>) -> Result<Run> {
        let (prompt, params) = (args.prompt.as_bytes(), Params::greedy(args.tokens));
        let (outcome, answer) = timed(|| Ok(engine.answer(prompt, &params, |_| {})?))?;
        let ((), plain) = timed(|| token_by_token(engine, &outcome, &params))?;
        let commit = || Execution::commit(Arc::clone(engine), prompt, &params, Vec::new());
        let (execution, commit) = timed(|| Ok(commit()?))?;
        ensure!(
            execution.outcome() == outcome,
            "the committed execution has another outcome"
        );
        Ok(Run {
            outcome,
            plain,
            answer,
            commit,
        })
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = Instant::now();
    let made = work()?;
    Ok((made, start.elapsed().as_secs_f64()))
}

/// The layers for each token of the prompt and the answer, one after the other.
fn token_by_token(engine: &Engine, outcome: &Outcome, params: &Params) -> Result<()> {
    let session = engine.session();
    let mut session = session.context("this backend has no batches")?;
    let sequence = session.open();
    let prompt = outcome.prompt_tokens.len();
    let mut chosen = Vec::with_capacity(1);
    let mut control = Control::first(0, params);
    control.prompt_tokens = prompt as u32;
    let mut token = *outcome.prompt_tokens.first().context("an empty prompt")?;
    for position in 0..prompt + outcome.tokens.len() - 1 {
        let head = position + 1 >= prompt;
        let phase = if head {
            Phase::Generate
        } else {
            Phase::Prefill
        };
        control.phase = phase as u32;
        control.position = position as u32;
        let row = Row {
            sequence,
            token,
            head,
            control,
            scored: None,
        };
        session.forward(&[row], &mut chosen);
        token = match chosen.first() {
            Some(token) => {
                control.tokens_out += 1;
                ensure!(
                    outcome.tokens[position + 1 - prompt] == *token,
                    "another token when they come one after the other"
                );
                *token
            }
            None => outcome.prompt_tokens[position + 1],
        };
    }
    Ok(())
}
