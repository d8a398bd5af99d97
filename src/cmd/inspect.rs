//! `gavel inspect`: what a program is made of and what its steps cost.

use crate::model;
use anyhow::Result;
use gavel_formats::inspect::{Inspection, Stored};
use gavel_program::Program;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Options of `gavel inspect`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel inspect                      (the embedded model)
  gavel inspect FILE.gguf
  gavel inspect FILE.gguf --json

A stage's cost is that of one step at the end of the context. A tile's cost is the most that the proving machine may take for it.")]
pub(crate) struct Args {
    /// The model file; the embedded model if there is none.
    #[arg(value_name = "FILE")]
    model: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let program = model::program(args.model.as_deref())?;
    let name = model::name(args.model.as_deref());
    let seen = Inspection::of(&program);
    if args.json {
        println!("{}", object(&name, &program, &seen));
    } else {
        print(&name, &program, &seen);
    }
    Ok(())
}

fn object(name: &str, program: &Program, seen: &Inspection) -> Value {
    let header = &program.header;
    let stored = |stored: &Stored| json!({ "tensors": stored.tensors, "bytes": stored.bytes });
    let nodes: Map<String, Value> = seen
        .kinds
        .iter()
        .map(|(name, kind)| {
            let kind = json!({ "nodes": kind.nodes, "tile_cost": kind.tile_cost });
            ((*name).into(), kind)
        })
        .collect();
    let weights: Map<String, Value> = seen
        .weights
        .iter()
        .map(|(dtype, weights)| (dtype.clone(), stored(weights)))
        .collect();
    let stages: Vec<Value> = seen
        .stages
        .iter()
        .map(|stage| {
            json!({
                "stage": format!("{:?}", stage.phase),
                "nodes": stage.nodes,
                "multiply_adds": stage.multiply_adds,
                "bytes": stage.bytes,
            })
        })
        .collect();
    json!({
        "model": name,
        "program_id": program.id.to_string(),
        "context": header.context,
        "max_prompt_bytes": header.max_prompt_bytes,
        "max_output_bytes": header.max_output_bytes,
        "nodes": nodes,
        "weights": weights,
        "slots": { "persistent": stored(&seen.persistent), "scratch": stored(&seen.scratch) },
        "stages": stages,
        "tile_cost": seen.tile_cost,
        "depths": {
            "steps": header.step_depth,
            "nodes": header.node_depth,
            "weights": header.weight_depth,
            "slots": header.slot_depth,
            "trace": seen.trace_depth,
        },
    })
}

fn print(name: &str, program: &Program, seen: &Inspection) {
    let header = &program.header;
    println!("model    {name}");
    println!("program  {}", program.id);
    println!(
        "limits   {} positions, {} bytes of prompt, {} bytes of answer",
        header.context, header.max_prompt_bytes, header.max_output_bytes
    );
    println!(
        "depths   {} steps, {} nodes, {} weights, {} slots, {} machine trace",
        header.step_depth,
        header.node_depth,
        header.weight_depth,
        header.slot_depth,
        seen.trace_depth
    );
    println!(
        "\n{:<16}{:>8}{:>24}",
        "nodes", "count", "instructions a tile"
    );
    for (name, kind) in &seen.kinds {
        println!("{name:<16}{:>8}{:>24}", kind.nodes, kind.tile_cost);
    }
    println!("\n{:<16}{:>8}{:>16}", "weights", "tensors", "MB");
    for (dtype, weights) in &seen.weights {
        println!(
            "{dtype:<16}{:>8}{:>16.1}",
            weights.tensors,
            megabytes(weights.bytes)
        );
    }
    println!("\n{:<16}{:>8}{:>16}", "slots", "tensors", "MB");
    for (name, slots) in [("persistent", seen.persistent), ("scratch", seen.scratch)] {
        println!(
            "{name:<16}{:>8}{:>16.1}",
            slots.tensors,
            megabytes(slots.bytes)
        );
    }
    println!(
        "\n{:<16}{:>8}{:>16}{:>16}",
        "stage", "nodes", "M multiply-adds", "MB read"
    );
    for stage in &seen.stages {
        println!(
            "{:<16}{:>8}{:>16.1}{:>16.1}",
            format!("{:?}", stage.phase),
            stage.nodes,
            megabytes(stage.multiply_adds),
            megabytes(stage.bytes)
        );
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
