//! What has to pass before a change lands.

use crate::{node, run, tidy};
use anyhow::Result;
use std::{fs, path::Path, process::Command, time::Instant};

/// The packages whose tests run here.
const TESTED: [&str; 12] = [
    "gavel-primitives",
    "gavel-program",
    "gavel-kernels",
    "gavel-formats",
    "gavel-engine",
    "gavel-zoo",
    "gavel-image",
    "gavel-dispute",
    "gavel-chain",
    "gavel-devnet",
    "gavel-adversaries",
    "gavel-e2e",
];

/// What has commands of its own and no place here yet.
const ELSEWHERE: [(&str, &str); 4] = [
    (
        "tests of machine, vectors, sequencer, command line and xtask",
        "cargo test -p gavel-machine -p gavel-vectors -p gavel-sequencer -p gavel -p xtask",
    ),
    ("clippy and documentation", "cargo xtask lint"),
    (
        "contract artifacts and Solidity tests",
        "cargo xtask contracts",
    ),
    ("guest and wasm artifacts", "cargo xtask artifacts --check"),
];

/// Runs format, tidy and all Rust tests; prints last what was skipped and why.
///
/// # Errors
/// When a check fails.
pub(crate) fn test() -> Result<()> {
    let skipped = run::root().join("target/skipped.txt");
    fs::create_dir_all(run::root().join("target"))?;
    fs::write(&skipped, "")?;
    stage("format", || {
        run::run(&mut run::command("cargo", &["fmt", "--check"]))
    })?;
    stage("tidy", tidy::tidy)?;
    stage("Rust tests", || rust_tests(&skipped))?;
    for (what, command) in ELSEWHERE {
        skip(&skipped, what, &format!("run `{command}`"))?;
    }
    report(&skipped)
}

/// Contract artifacts against their sources, then the Solidity tests.
///
/// # Errors
/// When there is no npm, an artifact differs, or a test fails.
pub(crate) fn contracts() -> Result<()> {
    let skipped = run::root().join("target/skipped.txt");
    stage("contract artifacts", || contract_artifacts(&skipped))?;
    stage("Solidity tests", || solidity_tests(&skipped))
}

/// Format, clippy and documentation, without warnings.
///
/// # Errors
/// When one of them complains.
pub(crate) fn lint() -> Result<()> {
    run::run(&mut run::command("cargo", &["fmt", "--check"]))?;
    run::run(&mut run::command(
        "cargo",
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    ))?;
    let mut docs = run::command("cargo", &["doc", "--no-deps", "--document-private-items"]);
    run::run(docs.env("RUSTDOCFLAGS", "-D warnings"))
}

fn rust_tests(skipped: &Path) -> Result<()> {
    let mut tests = run::command("cargo", &["test"]);
    tests.args(TESTED.iter().flat_map(|package| ["-p", package]));
    tests.env("GAVEL_SKIPPED", skipped);
    for (variable, name) in [("GAVEL_ANVIL", "anvil"), ("GAVEL_CAST", "cast")] {
        if let Some(binary) = node::installed(name) {
            tests.env(variable, binary);
        }
    }
    run::run(&mut tests)
}

fn solidity_tests(skipped: &Path) -> Result<()> {
    let Some(forge) = node::foundry("forge")? else {
        return skip(
            skipped,
            "Solidity tests",
            "there is no npm to install forge with",
        );
    };
    let contracts = run::root().join("contracts");
    let forge = |args: &[&str]| {
        let mut command = Command::new(&forge);
        command.args(args).current_dir(&contracts);
        run::run(&mut command)
    };
    forge(&["fmt", "--check"])?;
    forge(&["test", "--use", "./solc-wrapper.js"])
}

fn contract_artifacts(skipped: &Path) -> Result<()> {
    if node::packages()?.is_none() {
        return skip(
            skipped,
            "contract artifacts",
            "there is no npm to install the compiler with",
        );
    }
    let mut build = run::command("node", &["build.js", "--check"]);
    run::run(build.current_dir(run::root().join("contracts")))
}

fn stage(name: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("== {name}");
    let start = Instant::now();
    check()?;
    eprintln!(
        "== {name}: passed in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn skip(list: &Path, what: &str, why: &str) -> Result<()> {
    let mut skipped = fs::read_to_string(list)?;
    skipped.push_str(&format!("{what}: {why}\n"));
    fs::write(list, skipped)?;
    Ok(())
}

fn report(list: &Path) -> Result<()> {
    let skipped = fs::read_to_string(list)?;
    if skipped.is_empty() {
        println!("Nothing was skipped.");
    } else {
        println!("Skipped (target/skipped.txt):\n{skipped}");
    }
    Ok(())
}
