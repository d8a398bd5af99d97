//! The wasm module and its record.

use super::{
    Artifact, File,
    build::{Recipe, no_path_inside, twice},
    copy::Trees,
    toolchain::Toolchain,
};
use anyhow::Result;
use sha2::{Digest, Sha256};

const RECORD: &str = "models/wasm/artifact/record.json";
const RECIPE: Recipe = Recipe {
    package: "gavel-wasm",
    target: "wasm32-unknown-unknown",
    // Relaxed SIMD stays off: its results are the engine's to choose.
    rustflags: "-Ctarget-feature=+simd128 -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
                -Cstrip=symbols",
    output: "gavel_wasm.wasm",
};

/// Builds the module.
///
/// # Errors
/// The build fails or is not reproducible.
pub(super) fn build(toolchain: &Toolchain, trees: &Trees) -> Result<Artifact> {
    let module = twice(toolchain, trees, &RECIPE)?;
    no_path_inside(&module, trees)?;
    println!("wasm: {} bytes", module.len());
    let record = serde_json::json!({
        "rustc": toolchain.version,
        "target": RECIPE.target,
        "sha256": hex::encode(Sha256::digest(&module)),
        "bytes": module.len(),
    });
    Ok(Artifact {
        name: "wasm",
        record: RECORD,
        files: vec![
            File {
                path: "models/wasm/artifact/kernels.wasm",
                bytes: module,
            },
            File {
                path: RECORD,
                bytes: (serde_json::to_string_pretty(&record)? + "\n").into_bytes(),
            },
        ],
    })
}
