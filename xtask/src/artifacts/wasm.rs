//! The wasm module and its record.

use super::{
    Artifact, File,
    build::{Recipe, no_path_inside, reproducibly},
    toolchain::Toolchain,
};
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

const RECORD: &str = "models/wasm/artifact/record.json";
const RECIPE: Recipe = Recipe {
    package: "gavel-wasm",
    target: "wasm32-unknown-unknown",
    // Of relaxed SIMD, whose results may be the engine's to choose, one instruction is used, on operands for which it has one result;
    // a test of the engine holds the module to that. Without loop strength reduction addresses are a base and a constant, which cost
    // an instruction less.
    rustflags: "-Ctarget-feature=+simd128,+relaxed-simd -Cllvm-args=-disable-lsr -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
                -Cstrip=symbols",
    output: "gavel_wasm.wasm",
};

/// The module.
pub(super) const ARTIFACT: Artifact = Artifact {
    name: "wasm",
    record: RECORD,
    build,
};

fn build(toolchain: &Toolchain, roots: &[PathBuf]) -> Result<Vec<File>> {
    let module = reproducibly(toolchain, roots, &RECIPE)?;
    no_path_inside(&module, roots)?;
    println!("wasm: {} bytes", module.len());
    let record = serde_json::json!({
        "rustc": toolchain.version,
        "target": RECIPE.target,
        "sha256": hex::encode(Sha256::digest(&module)),
        "bytes": module.len(),
    });
    Ok(vec![
        File {
            path: "models/wasm/artifact/kernels.wasm",
            bytes: module,
        },
        File {
            path: RECORD,
            bytes: (serde_json::to_string_pretty(&record)? + "\n").into_bytes(),
        },
    ])
}
