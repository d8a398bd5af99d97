//! `gavel bench network`: a program of one step, natively and as a whole inside the proving machine.

use super::{busy::busy, median};
use crate::model::ModelArgs;
use anyhow::{Context, Result, ensure};
use gavel_engine::{Engine, Execution, replied};
use gavel_image::{ENTRY, IMAGE};
use gavel_machine::{Exit, Image};
use gavel_primitives::Params;
use gavel_program::TILE_BYTES;
use gavel_traces::{Committed, Tile, opening::input_windows};
use serde::Serialize;
use std::{fs, hint::black_box, path::PathBuf, sync::Arc, time::Instant};

/// Options of `gavel bench network`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// A file whose bytes are the network's input.
    #[arg(long, value_name = "FILE")]
    prompt_file: PathBuf,
    /// How often; the middle one counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    program_id: String,
    class: Option<u32>,
    nodes: Vec<NodeReport>,
    tiles: u64,
    instructions: u64,
    /// Processor time of the machine's runs of all tiles, one after the other.
    machine_seconds: f64,
    /// Time that passed meanwhile.
    machine_wall_seconds: f64,
    /// Of one answer, natively.
    native_seconds: f64,
    /// Of one answer with every node's output hashed.
    commit_seconds: f64,
}

/// One node inside the machine.
#[derive(Debug, Serialize)]
struct NodeReport {
    operator: &'static str,
    tiles: u64,
    instructions: u64,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let prompt = fs::read(&args.prompt_file)
        .with_context(|| format!("input {}", args.prompt_file.display()))?;
    let engine = Arc::new(args.model.engine()?);
    let pool = args.model.pool()?;
    let report = pool.install(|| measure(&engine, &prompt, args.runs.max(1)))?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn measure(engine: &Arc<Engine>, prompt: &[u8], runs: usize) -> Result<Report> {
    let params = Params::greedy(1);
    let outcome = engine.answer(prompt, &params, |_| {})?;
    let replied = replied(engine.program(), &outcome);
    let replied = replied.context("the model answers with texts, or not to this input")?;
    let native = timed(runs, || engine.answer(prompt, &params, |_| {}).map(drop))?;
    let commit = || Execution::commit(Arc::clone(engine), prompt, &params, Vec::new());
    let commit_seconds = timed(runs, || commit().map(drop))?;
    let tiles = tiles(engine, commit()?)?;
    let mut nodes: Vec<NodeReport> = Vec::new();
    for (node, tile) in &tiles {
        let steps = instructions(tile)?;
        let operator = engine.program().nodes[*node].op.name();
        if *node == nodes.len() {
            nodes.push(NodeReport {
                operator,
                tiles: 0,
                instructions: 0,
            });
        }
        let report = nodes.last_mut().context("a tile has a node")?;
        report.tiles += 1;
        report.instructions += steps;
    }
    let (mut busy_seconds, mut wall_seconds) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (start, wall) = (busy(), Instant::now());
        for (_, tile) in &tiles {
            black_box(gavel_machine::run(&tile.context(), &tile.first(), u64::MAX));
        }
        busy_seconds.push((busy() - start).as_secs_f64());
        wall_seconds.push(wall.elapsed().as_secs_f64());
    }
    Ok(Report {
        program_id: engine.program().id.to_string(),
        class: replied.class,
        tiles: tiles.len() as u64,
        instructions: nodes.iter().map(|node| node.instructions).sum(),
        nodes,
        machine_seconds: median(busy_seconds),
        machine_wall_seconds: median(wall_seconds),
        native_seconds: native,
        commit_seconds,
    })
}

/// The middle one of the times that something takes.
fn timed<E>(runs: usize, work: impl Fn() -> Result<(), E>) -> Result<f64, E> {
    let once = |_| {
        let start = Instant::now();
        work().map(|()| start.elapsed().as_secs_f64())
    };
    Ok(median((0..runs).map(once).collect::<Result<_, _>>()?))
}

/// All tiles of all nodes, in order.
fn tiles(engine: &Arc<Engine>, execution: Execution) -> Result<Vec<(usize, Tile)>> {
    ensure!(execution.steps() == 1, "the model takes more than one step");
    let text_end = gavel_image::record().text_end;
    let image = Arc::new(Image::from_parts(IMAGE, ENTRY, text_end)?);
    let committed = Committed::new(execution);
    let mut tiles = Vec::new();
    for (k, node) in engine.program().nodes.iter().enumerate() {
        let slot = engine.program().slot(node.output);
        let output = slot.context("a node has an output")?;
        let before = committed.before(k as u64);
        let bytes = output.dtype.bytes(output.len);
        for tile in 0..bytes.div_ceil(TILE_BYTES) as u64 {
            let (engine, image) = (Arc::clone(engine), Arc::clone(&image));
            let windows = input_windows(&engine, &before, k);
            let state = before.state.clone();
            tiles.push((k, Tile::new(engine, image, state, k, tile, windows)));
        }
    }
    Ok(tiles)
}

/// Instructions of a tile's run, which must end well.
fn instructions(tile: &Tile) -> Result<u64> {
    let last = gavel_machine::run(&tile.context(), &tile.first(), u64::MAX);
    ensure!(
        last.registers.exit == Exit::Success.code(),
        "the guest stopped with exit word {}",
        last.registers.exit
    );
    Ok(last.registers.steps)
}

fn print(report: &Report) {
    println!("{:<14} {:>6} {:>13}", "node", "tiles", "instructions");
    for node in &report.nodes {
        println!(
            "{:<14} {:>6} {:>13}",
            node.operator, node.tiles, node.instructions
        );
    }
    println!(
        "{:<14} {:>6} {:>13}",
        "all", report.tiles, report.instructions
    );
    println!(
        "machine  {:.3} s of processor time, {:.3} s passed",
        report.machine_seconds, report.machine_wall_seconds
    );
    println!(
        "native   {:.2} ms an answer, {:.2} ms with all outputs hashed",
        report.native_seconds * 1e3,
        report.commit_seconds * 1e3
    );
}
