//! `cargo xtask bench-peers`: gavel's speed beside that of llama.cpp and llama2.c, on the same files, in turns.

mod contestant;
mod encoder;
mod report;
mod setup;

use crate::run;
use anyhow::{Result, ensure};
use contestant::{Contestant, Gavel, Llama2c, LlamaCpp, Work};
use report::Row;
use setup::Peers;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Files that are measured where none is named, below the models folder.
const FILES: [&str; 3] = ["stories260K-F32", "stories260K-Q8_0", "ts656k-Q8_0"];
/// The one that llama2.c takes too.
const LLAMA2C_MODEL: &str = "stories260K-F32";
/// Where llama2.c can't be had: what it does on a machine of this kind, by the note beside the real model files.
const LLAMA2C_REFERENCE: &str = "llama2.c could not be measured here; the stated reference for stories260K-F32, one thread, is 13,400 tokens/s";

/// Options.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Model files; the small real ones if none is named
    #[arg(value_name = "FILE.gguf")]
    models: Vec<PathBuf>,
    /// Thread counts
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    threads: Vec<usize>,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 512)]
    prompt: u32,
    /// Tokens generated
    #[arg(long, default_value_t = 128)]
    generate: u32,
    /// How often each is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Measure this binary of ours instead of building one with optimisation
    #[arg(long, value_name = "FILE", conflicts_with = "peers_only")]
    gavel: Option<PathBuf>,
    /// An option to pass to `gavel bench model`, such as --backend=wasm
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    option: Vec<String>,
    /// Leave gavel out
    #[arg(long)]
    peers_only: bool,
    /// llama2.c's source, instead of the one that a package carries
    #[arg(long, value_name = "run.c")]
    llama2c: Option<PathBuf>,
    /// Measure all-MiniLM-L6-v2 beside PyTorch instead
    #[arg(long, conflicts_with_all = ["models", "json", "peers_only"])]
    encoder: bool,
    /// Print one object instead of a table in Markdown
    #[arg(long)]
    json: bool,
}

/// Sets the peers up, measures and prints.
///
/// # Errors
/// When a peer can't be built, or someone fails on a file.
pub(crate) fn bench_peers(args: &Args) -> Result<()> {
    let folder = run::target()?.join("peers");
    if args.encoder {
        return encoder::bench(&folder, &args.threads, args.runs);
    }
    let peers = setup::peers(&folder, args.llama2c.as_deref())?;
    let gavel = match (&args.gavel, args.peers_only) {
        (_, true) => None,
        (Some(file), _) => Some(file.clone()),
        (None, _) => Some(run::gavel(true)?),
    };
    let mut notes = Vec::new();
    if let Err(why) = &peers.llama2c {
        notes.push(format!("{LLAMA2C_REFERENCE} ({why:#})."));
    }
    let mut rows = Vec::new();
    for model in args.models() {
        for threads in &args.threads {
            let place = Place {
                args,
                peers: &peers,
                folder: &folder,
                model: &model,
                threads: *threads,
            };
            rows.extend(place.measure(gavel.as_deref())?);
        }
    }
    match args.json {
        true => println!("{}", report::object(&rows, &notes)),
        false => println!("{}", report::table(&rows, &notes)),
    }
    Ok(())
}

impl Args {
    fn models(&self) -> Vec<PathBuf> {
        if !self.models.is_empty() {
            return self.models.clone();
        }
        FILES
            .iter()
            .filter_map(|name| gavel_fixtures::model(&format!("llama/{name}.gguf")))
            .collect()
    }
}

/// One file at one number of threads.
struct Place<'a> {
    args: &'a Args,
    peers: &'a Peers,
    folder: &'a Path,
    model: &'a Path,
    threads: usize,
}

impl Place<'_> {
    /// Everyone in turn, run after run, so that what else the machine does meets all alike.
    fn measure(&self, gavel: Option<&Path>) -> Result<Vec<Row>> {
        let mut everyone = self.contestants(gavel)?;
        let name = self.name();
        let mut rows = Vec::new();
        for (work, tokens) in [
            (Work::Prompt, self.args.prompt),
            (Work::Generation, self.args.generate),
        ] {
            let mut speeds = vec![Vec::new(); everyone.len()];
            for _ in 0..self.args.runs {
                for (who, speeds) in everyone.iter_mut().zip(&mut speeds) {
                    speeds.extend(who.speed(work, tokens)?);
                }
            }
            for (who, runs) in everyone.iter().zip(speeds) {
                if runs.is_empty() {
                    continue;
                }
                let row = Row {
                    model: name.clone(),
                    threads: self.threads,
                    work,
                    tokens,
                    who: who.name(),
                    runs,
                };
                eprintln!(
                    "{name}, {} threads, {}: {} {:.1} tokens/s",
                    row.threads,
                    work.name(),
                    row.who,
                    row.median()
                );
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn contestants(&self, gavel: Option<&Path>) -> Result<Vec<Box<dyn Contestant>>> {
        let context = self.args.prompt.max(self.args.generate);
        let mut everyone: Vec<Box<dyn Contestant>> = Vec::new();
        if let Some(program) = gavel {
            everyone.push(Box::new(Gavel {
                program: program.into(),
                model: self.model.into(),
                threads: self.threads,
                options: self.args.option.clone(),
            }));
        }
        let llama_cpp = LlamaCpp::start(&self.peers.python, self.model, self.threads, context)?;
        everyone.push(Box::new(llama_cpp));
        if let (LLAMA2C_MODEL, Ok(program)) = (self.name().as_str(), &self.peers.llama2c) {
            everyone.push(Box::new(Llama2c {
                program: program.clone(),
                folder: self.converted()?,
            }));
        }
        Ok(everyone)
    }

    /// The folder of the model in llama2.c's format.
    fn converted(&self) -> Result<PathBuf> {
        let folder = self.folder.join("llama2c");
        fs::create_dir_all(&folder)?;
        let output = Command::new(&self.peers.python)
            .args(["-c", include_str!("to_llama2c.py")])
            .arg(self.model)
            .arg(&folder)
            .output()?;
        let why = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the conversion for llama2.c: {why}"
        );
        Ok(folder)
    }

    fn name(&self) -> String {
        let stem = self.model.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}
