//! Who is measured: llama.cpp, llama2.c and gavel, each as a program beside this one.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// A prompt, read at once.
    Prompt,
    /// One token after the other.
    Generation,
}

impl Work {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Work::Prompt => "prompt",
            Work::Generation => "generation",
        }
    }
}

/// Someone who reads prompts and generates tokens.
pub(super) trait Contestant {
    /// The name, with the version where it is known.
    fn name(&self) -> String;

    /// Tokens a second; `None` for what it doesn't do.
    fn speed(&mut self, work: Work, tokens: u32) -> Result<Option<f64>>;
}

/// llama.cpp in a process that stays, with its model loaded.
pub(super) struct LlamaCpp {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl LlamaCpp {
    /// Loads a model.
    pub(super) fn start(python: &Path, model: &Path, threads: usize, context: u32) -> Result<Self> {
        let mut child = Command::new(python)
            .args(["-c", include_str!("time_llama_cpp.py")])
            .arg(model)
            .args([threads.to_string(), context.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Python could not be started")?;
        let questions = child.stdin.take().context("the input is piped")?;
        let answers = child.stdout.take().context("the output is piped")?;
        let mut started = LlamaCpp {
            child,
            questions,
            answers: BufReader::new(answers),
            version: String::new(),
        };
        started.version = started.line()?;
        Ok(started)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "llama.cpp ended early");
        Ok(line.trim().into())
    }
}

impl Contestant for LlamaCpp {
    fn name(&self) -> String {
        format!("llama.cpp (llama-cpp-python {})", self.version)
    }

    fn speed(&mut self, work: Work, tokens: u32) -> Result<Option<f64>> {
        writeln!(self.questions, "{} {tokens}", work.name())?;
        let seconds: f64 = self.line()?.parse()?;
        Ok(Some(f64::from(tokens) / seconds))
    }
}

impl Drop for LlamaCpp {
    fn drop(&mut self) {
        // It may have ended by itself; what remains is to not leave it behind.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// llama2.c, started anew for each measurement; it says its own speed.
pub(super) struct Llama2c {
    pub(super) program: PathBuf,
    /// Where `model.bin` and `tokenizer.bin` are.
    pub(super) folder: PathBuf,
}

impl Contestant for Llama2c {
    fn name(&self) -> String {
        "llama2.c, one thread".into()
    }

    /// It reads a prompt as it generates, so that isn't measured.
    fn speed(&mut self, work: Work, tokens: u32) -> Result<Option<f64>> {
        if work == Work::Prompt {
            return Ok(None);
        }
        let output = Command::new(&self.program)
            .args(["model.bin", "0", &tokens.to_string()])
            .current_dir(&self.folder)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let speed = text.rsplit("achieved tok/s:").next().unwrap_or_default();
        let speed = speed.trim().parse();
        Ok(Some(speed.context("llama2.c says no speed")?))
    }
}

/// gavel, started anew for each measurement.
pub(super) struct Gavel {
    pub(super) program: PathBuf,
    pub(super) model: PathBuf,
    pub(super) threads: usize,
    /// Options beside those that every measurement has.
    pub(super) options: Vec<String>,
}

impl Contestant for Gavel {
    fn name(&self) -> String {
        "gavel".into()
    }

    fn speed(&mut self, work: Work, tokens: u32) -> Result<Option<f64>> {
        let (lengths, figure) = match work {
            Work::Prompt => (
                ["--prompt-tokens", &tokens.to_string(), "--tokens", "2"].map(String::from),
                "prompt_tokens_per_second",
            ),
            Work::Generation => (
                ["--prompt-tokens", "8", "--tokens", &tokens.to_string()].map(String::from),
                "tokens_per_second",
            ),
        };
        let output = Command::new(&self.program)
            .args(["bench", "model", "--json", "--runs", "1", "--threads"])
            .arg(self.threads.to_string())
            .arg("--model")
            .arg(&self.model)
            .args(lengths)
            .args(&self.options)
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        ensure!(output.status.success(), "gavel bench model failed");
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let speed = report[figure]["median"].as_f64();
        Ok(Some(speed.context("gavel bench model says no speed")?))
    }
}
