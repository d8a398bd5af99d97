//! `gavel import`: a model file as a program, with its cache.

use crate::model::{self, Backend, Imported};
use anyhow::{Context, Result};
use gavel_engine::Engine;
use gavel_formats::{CacheMode, CacheState, InputScale};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// Options of `gavel import`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel import FILE.gguf
  gavel import FILE.gguf --json
  gavel import FILE.gguf --no-cache      (print the program id, write nothing)
  gavel import FILE.onnx --input-scale 255,0.1307,0.3081

A classic network (ONNX, opML's files) has no cache; its input scale is kept in FILE.onnx.input, where every command finds it.
The cache is FILE.gguf.gavel, or lies in the user's folder of caches where that can't be written. It is about as large as the quantized tensors.
Model file and cache are checked by their checksums at every start; a cache that is damaged or of another version is made anew.")]
pub(crate) struct Args {
    /// The model file.
    #[arg(value_name = "FILE")]
    model: PathBuf,
    /// How the bytes of a classic network's input become numbers: (byte / DIVISOR - MEAN) / DEVIATION, with one mean and deviation for all
    /// channels or one for each. It is part of the program, and kept beside the file.
    #[arg(long, value_name = "DIVISOR[,MEAN,DEVIATION]..")]
    input_scale: Option<InputScale>,
    /// Keep nothing beside the file.
    #[arg(long)]
    no_cache: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was imported.
#[derive(Debug, Serialize)]
struct Report {
    model: String,
    program_id: String,
    nodes: usize,
    weights: usize,
    weight_bytes: u64,
    context: u32,
    /// `made`, `found`, `failed` or `none`.
    cache: &'static str,
    cache_file: Option<PathBuf>,
    cache_bytes: Option<u64>,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    if let Some(scale) = args.input_scale {
        let path = model::input_scale_file(&args.model);
        fs::write(&path, format!("{scale}\n"))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    let mode = match args.no_cache {
        true => CacheMode::Never,
        false => CacheMode::Always,
    };
    let Imported {
        program,
        cache,
        parts,
    } = model::opened(&args.model, mode)?;
    let program = Arc::new(program);
    if parts.is_some() {
        // Packs the matrices, which stay in the cache.
        Engine::new(Arc::clone(&program), Backend::Native.executor(parts)?).prepare();
    }
    let (state, file) = described(cache);
    let words = |weight: &gavel_program::Weight| (*weight.words).as_ref().len() as u64;
    let report = Report {
        model: model::name(Some(&args.model)),
        program_id: program.id.to_string(),
        nodes: program.nodes.len(),
        weights: program.weights.len(),
        weight_bytes: program.weights.iter().map(words).sum::<u64>() * 4,
        context: program.header.context,
        cache: state,
        cache_bytes: file.as_deref().and_then(bytes),
        cache_file: file,
        seconds: start.elapsed().as_secs_f64(),
    };
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn described(cache: CacheState) -> (&'static str, Option<PathBuf>) {
    match cache {
        CacheState::Unused => ("none", None),
        CacheState::Found { path } => ("found", Some(path)),
        CacheState::Made { path, .. } => ("made", Some(path)),
        CacheState::Failed(_) => ("failed", None),
    }
}

/// The size of a file, if it is still there.
fn bytes(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|data| data.len())
}

fn print(report: &Report) {
    println!("model    {}", report.model);
    println!("program  {}", report.program_id);
    println!("nodes    {}", report.nodes);
    println!(
        "weights  {}, {:.1} MB",
        report.weights,
        report.weight_bytes as f64 / 1e6
    );
    println!("context  {} positions", report.context);
    match (&report.cache_file, report.cache_bytes) {
        (Some(file), Some(bytes)) => println!(
            "cache    {}: {}, {:.1} MB",
            report.cache,
            file.display(),
            bytes as f64 / 1e6
        ),
        _ => println!("cache    {}", report.cache),
    }
    println!("seconds  {:.2}", report.seconds);
}
