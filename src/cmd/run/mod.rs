//! `gavel run`: answers here and now, no chain: one prompt's, or a conversation's.

mod answer;
mod chat;
mod interrupts;
mod sampling;

pub(crate) use sampling::Sampling;

use crate::model::ModelArgs;
use answer::{Answered, Desk};
use anyhow::{Context, Result};
use clap::ArgGroup;
use gavel_engine::Replied;
use serde::Serialize;
use std::{fs, path::PathBuf};

/// What a process says that a signal ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Options of `gavel run`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group(ArgGroup::new("text").required(true).multiple(true).args(["prompt", "prompt_file", "chat"])),
    after_help = "Examples:
  gavel run FILE.gguf -p \"Once upon a time\" -n 128 --temp 0.8
  gavel run FILE.gguf --chat --system \"Answer in one sentence.\"
  gavel run FILE.gguf --chat -p \"What is a rollup?\" --json
  gavel run FILE.gguf -p \"Once upon a time\" --json --logprobs 5

Ctrl-C ends an answer; between answers it ends the conversation, as the end of the input does."
)]
pub(crate) struct Args {
    /// Model file: GGUF, ONNX or opML's; the embedded model if there is none.
    #[arg(value_name = "FILE", conflicts_with = "model")]
    file: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// The prompt; with --chat what the user says.
    #[arg(short, long, value_name = "TEXT")]
    prompt: Option<String>,
    /// A file whose bytes are the prompt, whatever they are.
    #[arg(
        short = 'f',
        long,
        value_name = "FILE",
        conflicts_with_all = ["prompt", "chat"]
    )]
    prompt_file: Option<PathBuf>,
    /// A conversation by the model's chat template: one turn with a prompt, else a turn for each line of standard input.
    #[arg(long)]
    chat: bool,
    /// What the model is told before a conversation.
    #[arg(long, value_name = "TEXT", requires = "chat")]
    system: Option<String>,
    /// A file with another chat template than the model's.
    #[arg(long, value_name = "FILE", requires = "chat")]
    chat_template: Option<PathBuf>,
    #[command(flatten)]
    sampling: Sampling,
    /// With --json: each token's log-probability, and those of so many of the most probable ones at its place, by the model's own
    /// distribution, before penalties, temperature and filters.
    #[arg(long, value_name = "N", requires = "json", value_parser = clap::value_parser!(u32).range(0..=100))]
    logprobs: Option<u32>,
    /// Print one JSON object for each answer, the last line for it, instead of the text as it comes.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints. `tokens` are without the end token, `prompt_tokens` with BOS; of an interrupted answer the latter aren't known.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<Vec<Place>>,
    status: String,
    seconds: f64,
    tokens_per_second: f64,
}

/// Log-probabilities at a token's place; null stands for minus infinity.
#[derive(Debug, Serialize)]
struct Place {
    token: u32,
    logprob: f32,
    top: Vec<(u32, f32)>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let model = ModelArgs {
        model: args.file.clone().or(args.model.model.clone()),
        ..args.model.clone()
    };
    // Whatever is wrong with these is said before the weights are read.
    let talk = match args.chat {
        true => Some(args.talk(&model)?),
        false => None,
    };
    let prompt = args.prompt_bytes()?;
    let desk = Desk::open(&model, args.sampling.params()?, args.json, args.logprobs)?;
    let interrupted = match (talk, prompt) {
        (Some(talk), Some(said)) => {
            let said = String::from_utf8_lossy(&said).into_owned();
            talk.turn(&desk, &model, said)?.outcome.is_none()
        }
        (Some(talk), None) => {
            talk.converse(&desk, &model)?;
            false
        }
        (None, prompt) => {
            let answered = desk.answer(&prompt.unwrap_or_default())?;
            show(&desk, &model, &answered)?;
            answered.outcome.is_none()
        }
    };
    if interrupted {
        std::process::exit(INTERRUPTED);
    }
    Ok(())
}

/// Prints what there is to say of an answer: of one that was streamed, in a line of standard error.
fn show(desk: &Desk, model: &ModelArgs, answered: &Answered) -> Result<()> {
    if desk.json {
        let report = report(desk, model, answered);
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    match desk.replied(answered) {
        Some(replied) => print_numbers(&replied),
        None => println!(),
    }
    eprintln!(
        "{}: {} tokens{}, {:.3} s",
        answered.status(),
        answered.tokens.len(),
        match &answered.outcome {
            Some(outcome) => format!(" after a prompt of {}", outcome.prompt_tokens.len()),
            None => String::new(),
        },
        answered.seconds
    );
    Ok(())
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

fn report(desk: &Desk, model: &ModelArgs, answered: &Answered) -> Report {
    let outcome = answered.outcome.as_ref();
    let replied = desk.replied(answered);
    Report {
        class: replied.as_ref().and_then(|replied| replied.class),
        numbers: replied.map(|replied| replied.numbers),
        model: model.model.as_ref().map(|path| path.display().to_string()),
        program_id: desk.engine.program().id.to_string(),
        text: answered.text(),
        prompt_tokens: outcome.map_or(Vec::new(), |outcome| outcome.prompt_tokens.clone()),
        tokens: answered.tokens.clone(),
        logprobs: desk.scored.map(|_| places(answered)),
        status: answered.status(),
        seconds: answered.seconds,
        tokens_per_second: answered.tokens_per_second,
    }
}

fn places(answered: &Answered) -> Vec<Place> {
    let tokens = answered.tokens.iter().zip(&answered.scores);
    tokens
        .map(|(token, scores)| Place {
            token: *token,
            logprob: scores.chosen,
            top: scores.top.clone(),
        })
        .collect()
}

impl Args {
    fn prompt_bytes(&self) -> Result<Option<Vec<u8>>> {
        match (&self.prompt, &self.prompt_file) {
            (Some(text), _) => Ok(Some(text.clone().into_bytes())),
            (None, Some(path)) => {
                let bytes = fs::read(path).with_context(|| format!("prompt {}", path.display()));
                bytes.map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    fn talk(&self, model: &ModelArgs) -> Result<chat::Talk> {
        let template = self.chat_template.as_deref();
        chat::Talk::new(model, template, self.system.clone())
    }
}
