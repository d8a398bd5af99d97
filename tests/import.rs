//! `gavel import` and `gavel inspect` as a user has them.

use gavel_fixtures::RandomModel;
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

fn gavel(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gavel"))
        .args(args)
        .output()
        .expect("the binary starts")
}

fn report(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A folder with a small model of random weights.
fn model() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("small.gguf");
    let shape = RandomModel {
        dim: 64,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        ffn: 96,
        vocab: 600,
        context: 64,
        ..RandomModel::STORIES15M
    };
    let file = File::create(&path).expect("room");
    shape.write(&file).expect("room");
    (folder, path)
}

#[test]
fn a_model_is_imported_once_and_found_again() {
    let (_folder, path) = model();
    let path = path.to_str().expect("a plain name");
    let first = report(&gavel(&["import", path, "--json"]));
    assert_eq!(first["cache"], "made");
    let cache = format!("{path}.gavel");
    assert_eq!(first["cache_file"], *cache);
    let bytes = fs::metadata(&cache).expect("it was made").len();
    assert_eq!(first["cache_bytes"], bytes);
    let second = report(&gavel(&["import", path, "--json"]));
    assert_eq!(second["cache"], "found");
    assert_eq!(second["program_id"], first["program_id"]);
    let without = report(&gavel(&["import", path, "--no-cache", "--json"]));
    assert_eq!(without["cache"], "none");
    assert_eq!(without["program_id"], first["program_id"]);
}

#[test]
fn a_damaged_cache_is_a_warning() {
    let (_folder, path) = model();
    let path = path.to_str().expect("a plain name");
    let first = report(&gavel(&["import", path, "--json"]));
    let cache = format!("{path}.gavel");
    let mut bytes = fs::read(&cache).expect("it was made");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&cache, bytes).expect("writable");
    let output = gavel(&["import", path, "--json"]);
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(warning.contains("is damaged: its content"), "{warning}");
    let second = report(&output);
    assert_eq!(second["cache"], "made");
    assert_eq!(second["program_id"], first["program_id"]);
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.gguf");
    fs::write(&path, "GGUF? no").expect("room");
    for command in ["import", "inspect"] {
        let output = gavel(&[command, path.to_str().expect("a plain name")]);
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("notes.gguf"), "{errors}");
    }
}

#[test]
fn the_embedded_model_is_inspected() {
    let text = gavel(&["inspect"]);
    assert!(text.status.success());
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let seen = report(&gavel(&["inspect", "--json"]));
    let id = seen["program_id"].as_str().expect("an id");
    assert!(text.contains(id), "{text}");
    let nodes = seen["nodes"].as_object().expect("nodes by kind");
    assert_eq!(nodes["Advance"]["nodes"], 1);
    let stages = seen["stages"].as_array().expect("stages");
    let adds = |at: usize| stages[at]["multiply_adds"].as_u64().expect("a number");
    assert_eq!((adds(0), adds(3)), (0, 0), "text has none");
    assert!(adds(2) > adds(1), "the head comes with generation");
    let least = seen["tile_cost"].as_u64().expect("a number");
    let depth = seen["depths"]["trace"].as_u64().expect("a number");
    assert!(least << 4 <= 1 << depth);
}
