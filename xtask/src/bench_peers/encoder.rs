//! Encoders beside PyTorch: the same sentences, one after the other, in turns.

use super::setup;
use crate::{minilm, run};
use anyhow::{Context, Result, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The sentences, as a test has them.
const TEXTS: &str = "models/engine/tests/models/sentences.txt";

/// Someone who makes vectors, started anew for each measurement.
struct Encoder {
    name: &'static str,
    program: PathBuf,
    /// What comes before the model's folder.
    first: Vec<String>,
}

impl Encoder {
    /// Sentences a second.
    fn speed(&self, model: &Path, threads: usize) -> Result<f64> {
        let output = Command::new(&self.program)
            .args(&self.first)
            .arg(model)
            .arg(run::root().join(TEXTS))
            .arg(threads.to_string())
            .output()
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        let why = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {why}", self.name);
        let text = String::from_utf8_lossy(&output.stdout);
        let before = text.split(" sentences/s").next().unwrap_or_default();
        let speed = before.split_whitespace().next_back().unwrap_or_default();
        let speed = speed.parse();
        speed.with_context(|| format!("{} says no speed: {text}", self.name))
    }
}

/// Measures all-MiniLM-L6-v2, everyone in turn, and prints a table of medians.
///
/// # Errors
/// When the model or PyTorch can't be had, or someone fails.
pub(super) fn bench(folder: &Path, threads: &[usize], runs: u32) -> Result<()> {
    let model = minilm::fetch()?;
    let example = [
        "build",
        "--package",
        "gavel-engine",
        "--example",
        "sentences",
    ];
    run::run(&mut run::command("cargo", &example))?;
    let everyone = [
        Encoder {
            name: "gavel",
            program: run::target()?.join("debug/examples/sentences"),
            first: Vec::new(),
        },
        Encoder {
            name: "PyTorch",
            program: setup::pytorch(folder)?,
            first: ["-c", include_str!("time_pytorch.py")]
                .map(String::from)
                .into(),
        },
    ];
    println!("| threads | who | sentences/s | lowest | highest |\n|---|---|---|---|---|");
    for threads in threads {
        let mut speeds = [Vec::new(), Vec::new()];
        for _ in 0..runs {
            for (who, speeds) in everyone.iter().zip(&mut speeds) {
                speeds.push(who.speed(&model, *threads)?);
            }
        }
        for (who, mut speeds) in everyone.iter().zip(speeds) {
            speeds.sort_by(f64::total_cmp);
            let (least, most) = (speeds[0], speeds[speeds.len() - 1]);
            let median = speeds[speeds.len() / 2];
            println!(
                "| {threads} | {} | {median:.1} | {least:.1} | {most:.1} |",
                who.name
            );
        }
    }
    Ok(())
}
