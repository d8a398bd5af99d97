//! `gavel bench machine`: the guest on tiles of a real request, once as fast as it goes and once with every state hashed.

use super::busy::busy;
use crate::model::ModelArgs;
use anyhow::Context;
use gavel_engine::{Engine, Execution};
use gavel_image::{ENTRY, IMAGE};
use gavel_machine::{Exit, Image, Trace};
use gavel_primitives::{Depth, Params};
use gavel_program::Op;
use gavel_traces::{Committed, Tile, opening::input_windows};
use serde::Serialize;
use std::{hint::black_box, sync::Arc, time::Duration};

/// Tokens that the request generates; the tiles are of the step that generates the last.
const TOKENS: u32 = 8;

/// Options of `gavel bench machine`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Seconds of processor time for running the guest, and as many for hashing its states.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    tiles: Vec<TileReport>,
    /// Over all tiles, each having run for the same time.
    instructions_per_second: f64,
    hashed_states_per_second_per_core: f64,
}

/// One tile. Seconds are of processor time.
#[derive(Debug, Serialize)]
struct TileReport {
    tile: &'static str,
    /// Of one run.
    instructions: u64,
    runs: u64,
    instructions_per_second: f64,
    hashed_states_per_second_per_core: f64,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let engine = Arc::new(args.model.engine()?);
    let tiles = tiles(&engine)?;
    let depth = engine.program().header.trace_depth;
    let share = Duration::from_secs(args.seconds) / tiles.len() as u32;
    let reports = tiles
        .iter()
        .map(|(name, tile)| measure(name, tile, depth, share))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mean = |speed: fn(&TileReport) -> f64| {
        reports.iter().map(speed).sum::<f64>() / reports.len() as f64
    };
    let report = Report {
        instructions_per_second: mean(|tile| tile.instructions_per_second),
        hashed_states_per_second_per_core: mean(|tile| tile.hashed_states_per_second_per_core),
        tiles: reports,
    };
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn print(report: &Report) {
    const MILLION: f64 = 1e6;
    println!(
        "{:<12} {:>12} {:>6} {:>16} {:>24}",
        "tile", "instructions", "runs", "M instructions/s", "M hashed states/s/core"
    );
    for tile in &report.tiles {
        println!(
            "{:<12} {:>12} {:>6} {:>16.1} {:>24.2}",
            tile.tile,
            tile.instructions,
            tile.runs,
            tile.instructions_per_second / MILLION,
            tile.hashed_states_per_second_per_core / MILLION
        );
    }
    println!(
        "{:<12} {:>12} {:>6} {:>16.1} {:>24.2}",
        "all",
        "",
        "",
        report.instructions_per_second / MILLION,
        report.hashed_states_per_second_per_core / MILLION
    );
}

/// Tiles of three kinds: a matrix, soft float with exponentials, and text.
fn tiles(engine: &Arc<Engine>) -> anyhow::Result<Vec<(&'static str, Tile)>> {
    let text_end = gavel_image::record().text_end;
    let image = Arc::new(Image::from_parts(IMAGE, ENTRY, text_end)?);
    let prompt = gavel_zoo::prompt("We should pause the bridge, there was an exploit.");
    let params = Params::greedy(TOKENS);
    let execution = Execution::commit(Arc::clone(engine), prompt.as_bytes(), &params, Vec::new())?;
    // The last step prints the answer, the one before it generates the last token.
    let generation = execution.steps() - 2;
    let committed = Committed::new(execution);
    let last_node = |wanted: fn(&Op) -> bool| {
        let nodes = &engine.program().nodes;
        nodes
            .iter()
            .rposition(|node| wanted(&node.op))
            .context("the model lacks an operator that every model has")
    };
    let tile = |step: u64, node: usize| {
        let position = step * engine.program().header.leaves_per_step() + node as u64;
        let before = committed.before(position);
        let windows = input_windows(engine, &before, node);
        let image = Arc::clone(&image);
        Tile::new(
            Arc::clone(engine),
            image,
            before.state.clone(),
            node,
            0,
            windows,
        )
    };
    Ok(vec![
        (
            "Linear",
            tile(generation, last_node(|op| matches!(op, Op::Linear(_)))?),
        ),
        (
            "Softmax",
            tile(generation, last_node(|op| matches!(op, Op::Softmax(_)))?),
        ),
        (
            "TokenizeIds",
            tile(0, last_node(|op| matches!(op, Op::TokenizeIds(_)))?),
        ),
    ])
}

/// Runs a tile again and again, then hashes its trace again and again, both on one core.
fn measure(
    name: &'static str,
    tile: &Tile,
    depth: Depth,
    share: Duration,
) -> anyhow::Result<TileReport> {
    let instructions = instructions(tile)?;
    let (context, first) = (tile.context(), tile.first());
    let run = || {
        gavel_machine::run(&context, &first, u64::MAX)
            .registers
            .steps
    };
    let trace = || Trace::new(context, &first, depth).steps();
    let (runs, run_seconds) = repeated(share, run);
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (traces, trace_seconds) = one_core.install(|| repeated(share, trace));
    Ok(TileReport {
        tile: name,
        instructions,
        runs,
        instructions_per_second: (runs * instructions) as f64 / run_seconds,
        hashed_states_per_second_per_core: (traces * instructions) as f64 / trace_seconds,
    })
}

/// Instructions of a tile's run, which must end well.
fn instructions(tile: &Tile) -> anyhow::Result<u64> {
    let last = gavel_machine::run(&tile.context(), &tile.first(), u64::MAX);
    anyhow::ensure!(
        last.registers.exit == Exit::Success.code(),
        "the guest stopped with exit word {}",
        last.registers.exit
    );
    Ok(last.registers.steps)
}

/// Does something until `share` of processor time is gone; gives how often, and the seconds that it took.
fn repeated(share: Duration, work: impl Fn() -> u64) -> (u64, f64) {
    let start = busy();
    let mut times = 0;
    while times == 0 || busy() - start < share {
        black_box(work());
        times += 1;
    }
    (times, (busy() - start).as_secs_f64())
}
