//! Prepares the committed artifacts for `alloy::sol!`, which binds each contract in one flat scope:
//! types declared inside an interface lose its name, and none may be called as one of Rust's own.

use serde_json::Value;
use std::{env, error::Error, fs, path::Path};

const CONTRACTS: [&str; 7] = [
    "Tournament",
    "Referee",
    "MipsStep",
    "Rollup",
    "Hub",
    "ModelRegistry",
    "ProposalTriage",
];

fn main() -> Result<(), Box<dyn Error>> {
    let artifacts = Path::new("../../contracts/artifacts");
    let out = env::var("OUT_DIR")?;
    println!("cargo:rerun-if-changed=build.rs");
    for contract in CONTRACTS {
        let path = artifacts.join(format!("{contract}.json"));
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut artifact: Value = serde_json::from_str(&text)?;
        flatten(&mut artifact["abi"]);
        let target = Path::new(&out).join(format!("{contract}.json"));
        fs::write(target, serde_json::to_string(&artifact)?)?;
    }
    Ok(())
}

/// Rewrites every `internalType` below `value`.
fn flatten(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(flatten),
        Value::Object(fields) => {
            if let Some(Value::String(internal)) = fields.get_mut("internalType") {
                *internal = flat_name(internal);
            }
            fields.values_mut().for_each(flatten);
        }
        _ => {}
    }
}

/// `struct IHub.Price` becomes `struct Price`, `struct Result` becomes `struct RequestResult`.
fn flat_name(internal: &str) -> String {
    let Some((keyword @ ("struct" | "enum"), name)) = internal.split_once(' ') else {
        return internal.to_owned();
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    match name {
        "Result" => format!("{keyword} RequestResult"),
        _ => format!("{keyword} {name}"),
    }
}
