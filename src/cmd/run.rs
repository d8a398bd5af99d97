//! `gavel run`: one prompt, one answer, no chain.

use crate::model::ModelArgs;
use anyhow::Context;
use clap::ArgGroup;
use gavel_engine::{Engine, Outcome, Replied, printed, replied};
use gavel_primitives::Params;
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    time::Instant,
};

/// Options of `gavel run`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(ArgGroup::new("text").required(true).args(["prompt", "prompt_file"])))]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The prompt.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// A file whose bytes are the prompt, whatever they are.
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    #[command(flatten)]
    sampling: Sampling,
    /// Print one JSON object as the last line instead of the text as it comes.
    #[arg(long)]
    json: bool,
}

/// Limits and sampling of a request.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Sampling {
    /// Generate at most this many tokens.
    #[arg(long, default_value_t = 64)]
    max_tokens: u32,
    /// Temperature, 0 to 100 in thousandths; 0 takes the most probable token.
    #[arg(long, default_value = "0", value_parser = |text: &str| thousandths(text, 0, 100_000))]
    temperature: u32,
    /// Draw among the most probable tokens that have this share of the probability together, 0.001 to 1.
    #[arg(long, default_value = "1", value_parser = |text: &str| thousandths(text, 1, 1000))]
    top_p: u32,
    /// Seed of the draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Sampling {
    /// As a request carries them.
    pub(crate) fn params(&self) -> Params {
        Params {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            seed: self.seed,
        }
    }
}

/// Why a number is not one of thousandths.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ThousandthsError {
    /// Not digits, with at most three after a point.
    #[error("expected digits with at most three after the point")]
    Form,
    /// Out of range.
    #[error("expected {low} to {high} thousandths")]
    Range {
        /// The least.
        low: u32,
        /// The most.
        high: u32,
    },
}

/// A decimal number with up to three digits after the point, exactly, as thousandths within `low..=high`.
fn thousandths(text: &str, low: u32, high: u32) -> Result<u32, ThousandthsError> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || part.len() > 3 || !digits(whole) || !digits(part) {
        return Err(ThousandthsError::Form);
    }
    let range = ThousandthsError::Range { low, high };
    match format!("{whole}{part:0<3}").parse() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(range),
    }
}

/// What `--json` prints. `tokens` are without the end token, `prompt_tokens` with BOS.
#[derive(Debug, Serialize)]
struct Report {
    model: Option<String>,
    program_id: String,
    text: String,
    prompt_tokens: Vec<u32>,
    tokens: Vec<u32>,
    /// What a classic network answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<Vec<f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<u32>,
    status: String,
    seconds: f64,
    tokens_per_second: f64,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let prompt = args.prompt_bytes()?;
    let engine = args.model.engine()?;
    let pool = args.model.pool()?;
    let mut clock = Clock::start();
    let outcome = pool.install(|| {
        engine.answer(&prompt, &args.sampling.params(), |token| {
            clock.token();
            if !args.json {
                stream(&engine, token);
            }
        })
    })?;
    let seconds = clock.seconds();
    if args.json {
        let report = args.report(&engine, &outcome, &clock);
        println!("{}", serde_json::to_string(&report)?);
    } else {
        match replied(engine.program(), &outcome) {
            Some(replied) => print_numbers(&replied),
            None => println!(),
        }
        eprintln!(
            "{:?}: {} tokens after a prompt of {}, {seconds:.3} s",
            outcome.status,
            outcome.tokens.len(),
            outcome.prompt_tokens.len()
        );
    }
    Ok(())
}

/// When an answer's tokens came.
struct Clock {
    start: Instant,
    /// Of the first and the last token.
    tokens: Option<(Instant, Instant)>,
    count: u32,
}

impl Clock {
    fn start() -> Self {
        Clock {
            start: Instant::now(),
            tokens: None,
            count: 0,
        }
    }

    fn token(&mut self) {
        let now = Instant::now();
        let first = self.tokens.map_or(now, |(first, _)| first);
        self.tokens = Some((first, now));
        self.count += 1;
    }

    /// From the start until now.
    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Generation alone: the tokens after the first, over the time that they took; 0 where there are none.
    fn tokens_per_second(&self) -> f64 {
        match self.tokens {
            Some((first, last)) if self.count > 1 => {
                f64::from(self.count - 1) / (last - first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

/// Prints a network's answer: a line for each number, then the class.
fn print_numbers(replied: &Replied) {
    for (at, number) in replied.numbers.iter().enumerate() {
        println!("{at} {number}");
    }
    if let Some(class) = replied.class {
        println!("class {class}");
    }
}

/// Prints a token's text as it comes. A reader that went away ends the streaming, not the run.
fn stream(engine: &Engine, token: u32) {
    let mut out = io::stdout().lock();
    let text = printed(engine.program(), token).unwrap_or_default();
    if out.write_all(text).and_then(|()| out.flush()).is_err() {
        eprintln!("standard output is closed");
    }
}

impl Args {
    fn prompt_bytes(&self) -> anyhow::Result<Vec<u8>> {
        match (&self.prompt, &self.prompt_file) {
            (Some(text), _) => Ok(text.clone().into_bytes()),
            (None, Some(path)) => {
                fs::read(path).with_context(|| format!("prompt {}", path.display()))
            }
            (None, None) => unreachable!("clap asks for one of them"),
        }
    }

    fn report(&self, engine: &Engine, outcome: &Outcome, clock: &Clock) -> Report {
        let replied = replied(engine.program(), outcome);
        Report {
            class: replied.as_ref().and_then(|replied| replied.class),
            numbers: replied.map(|replied| replied.numbers),
            model: self
                .model
                .model
                .as_ref()
                .map(|path| path.display().to_string()),
            program_id: engine.program().id.to_string(),
            text: String::from_utf8_lossy(&outcome.output).into_owned(),
            prompt_tokens: outcome.prompt_tokens.clone(),
            tokens: outcome.tokens.clone(),
            status: format!("{:?}", outcome.status),
            seconds: clock.seconds(),
            tokens_per_second: clock.tokens_per_second(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_exact() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1000),
            ("0.7", 700),
            (".125", 125),
            ("2.", 2000),
            ("99.999", 99_999),
        ] {
            assert_eq!(thousandths(text, 0, 100_000), Ok(expected), "{text}");
        }
        for text in ["", ".", "-1", "0.1234", "1e3", "nan", "+1", "0x1"] {
            assert_eq!(
                thousandths(text, 0, 100_000),
                Err(ThousandthsError::Form),
                "{text}"
            );
        }
        for text in ["0", "1.001", "99999999999999"] {
            assert_eq!(
                thousandths(text, 1, 1000),
                Err(ThousandthsError::Range { low: 1, high: 1000 }),
                "{text}"
            );
        }
    }
}
