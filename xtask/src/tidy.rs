//! The house's own rules: dependencies run one way, the project's words stay its own, and documents lead to what they
//! name.

mod cited;
mod snippets;

use crate::run;
use anyhow::{Result, bail};
use std::{collections::BTreeMap, fs, path::Path};

/// Which crates each crate may use, besides crates.io: the arrows of docs/ARCHITECTURE.md. Dev-dependencies may point up.
const EDGES: &[(&str, &[&str])] = &[
    ("gavel-primitives", &[]),
    ("gavel-hashing", &["gavel-primitives"]),
    ("gavel-program", &["gavel-primitives"]),
    ("gavel-kernels", &["gavel-program", "gavel-primitives"]),
    ("gavel-simd", &["gavel-kernels", "gavel-program"]),
    (
        "gavel-engine",
        &[
            "gavel-hashing",
            "gavel-simd",
            "gavel-kernels",
            "gavel-program",
            "gavel-primitives",
            "gavel-wasm",
        ],
    ),
    (
        "gavel-formats",
        &[
            "gavel-hashing",
            "gavel-kernels",
            "gavel-program",
            "gavel-primitives",
        ],
    ),
    (
        "gavel-wasm",
        &["gavel-simd", "gavel-kernels", "gavel-program"],
    ),
    ("gavel-guest", &["gavel-kernels", "gavel-program"]),
    ("gavel-image", &["gavel-machine", "gavel-primitives"]),
    (
        "gavel-vectors",
        &["gavel-primitives", "gavel-program", "gavel-kernels"],
    ),
    ("gavel-chat", &[]),
    ("gavel-zoo", &[]),
    ("gavel-machine", &["gavel-hashing", "gavel-primitives"]),
    ("gavel-dispute", &["gavel-primitives"]),
    ("gavel-chain", &["gavel-dispute", "gavel-primitives"]),
    (
        "gavel-traces",
        &[
            "gavel-engine",
            "gavel-machine",
            "gavel-dispute",
            "gavel-kernels",
            "gavel-program",
            "gavel-primitives",
        ],
    ),
    (
        "gavel-verifier",
        &[
            "gavel-chain",
            "gavel-traces",
            "gavel-formats",
            "gavel-dispute",
            "gavel-engine",
            "gavel-machine",
            "gavel-image",
            "gavel-program",
            "gavel-primitives",
        ],
    ),
    (
        "gavel-sequencer",
        &[
            "gavel-chain",
            "gavel-engine",
            "gavel-formats",
            "gavel-image",
            "gavel-program",
            "gavel-primitives",
        ],
    ),
    ("gavel-devnet", &[]),
    ("gavel-fixtures", &["gavel-kernels"]),
    (
        "gavel-adversaries",
        &[
            "gavel-traces",
            "gavel-dispute",
            "gavel-engine",
            "gavel-machine",
            "gavel-kernels",
            "gavel-program",
            "gavel-primitives",
        ],
    ),
];

/// Words of a place, not of the project.
const FOREIGN: &[&str] = &["/work/", "/root/", "/opt/"];

/// Checks the rules.
///
/// # Errors
/// Names every breach.
pub(crate) fn tidy() -> Result<()> {
    let mut breaches = edges()?;
    breaches.extend(foreign_words()?);
    breaches.extend(cited::breaches()?);
    breaches.extend(snippets::breaches()?);
    if !breaches.is_empty() {
        bail!("{} breaches:\n{}", breaches.len(), breaches.join("\n"));
    }
    Ok(())
}

fn edges() -> Result<Vec<String>> {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let output =
        run::command("cargo", &["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let mut breaches = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = allowed.get(name) else {
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_ours = dependency["path"].is_string();
            if is_ours && dependency["kind"].is_null() && !allowed.contains(&used) {
                breaches.push(format!(
                    "{name} must not use {used}: xtask/src/tidy.rs has the arrows"
                ));
            }
        }
    }
    Ok(breaches)
}

fn foreign_words() -> Result<Vec<String>> {
    let output = run::command("git", &["ls-files", "-z"]).output()?;
    let files = String::from_utf8(output.stdout)?;
    let mut breaches = Vec::new();
    for file in files
        .split('\0')
        .filter(|file| !file.is_empty() && *file != "xtask/src/tidy.rs")
    {
        breaches.extend(words_in(file)?);
    }
    Ok(breaches)
}

fn words_in(file: &str) -> Result<Vec<String>> {
    let bytes = fs::read(Path::new(&run::root()).join(file)).unwrap_or_default();
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(Vec::new());
    };
    let breach = |(number, line): (usize, &str)| {
        FOREIGN
            .iter()
            .find(|word| line.contains(**word))
            .map(|word| format!("{file}:{}: {word}", number + 1))
    };
    Ok(text.lines().enumerate().filter_map(breach).collect())
}
