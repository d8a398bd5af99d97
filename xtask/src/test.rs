//! What has to pass before a change lands.

use crate::{artifacts, minilm, node, run, tidy};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// Runs every check; prints last what was skipped and why.
///
/// # Errors
/// When a check fails.
pub(crate) fn test() -> Result<()> {
    let skipped = skipped()?;
    stage("format", format)?;
    stage("tidy", tidy::tidy)?;
    stage("packages of contracts/", || packages(&skipped))?;
    stage("all-MiniLM-L6-v2", || weights(&skipped))?;
    stage("clippy", clippy)?;
    stage("documentation", documentation)?;
    stage("Rust tests", || rust_tests(&skipped))?;
    stage("contract artifacts", || contract_artifacts(&skipped))?;
    stage("Solidity tests", || solidity_tests(&skipped))?;
    stage("guest and wasm artifacts", || bare_artifacts(&skipped))?;
    report(&skipped)
}

/// Contract artifacts against their sources, then the Solidity tests.
///
/// # Errors
/// When there is no npm, an artifact differs, or a test fails.
pub(crate) fn contracts() -> Result<()> {
    let skipped = skipped()?;
    stage("packages of contracts/", || packages(&skipped))?;
    stage("contract artifacts", || contract_artifacts(&skipped))?;
    stage("Solidity tests", || solidity_tests(&skipped))
}

/// Format, clippy and documentation, without warnings.
///
/// # Errors
/// When one of them complains.
pub(crate) fn lint() -> Result<()> {
    stage("format", format)?;
    stage("clippy", clippy)?;
    stage("documentation", documentation)
}

/// The file that collects what is skipped, empty.
fn skipped() -> Result<PathBuf> {
    let folder = run::root().join("target");
    fs::create_dir_all(&folder)?;
    let list = folder.join("skipped.txt");
    fs::write(&list, "")?;
    Ok(list)
}

fn format() -> Result<()> {
    run::run(&mut run::command("cargo", &["fmt", "--check"]))
}

fn clippy() -> Result<()> {
    let arguments = ["clippy", "--all-targets", "--", "-D", "warnings"];
    run::run(&mut run::command("cargo", &arguments))
}

fn documentation() -> Result<()> {
    let mut docs = run::command("cargo", &["doc", "--no-deps", "--document-private-items"]);
    run::run(docs.env("RUSTDOCFLAGS", "-D warnings"))
}

/// What is missing without them is said by the checks that need them.
fn packages(skipped: &Path) -> Result<()> {
    if let Err(error) = node::packages() {
        skip(skipped, "npm packages", &format!("{error:#}"))?;
    }
    Ok(())
}

/// The tests that use them find them, or say that they are skipped.
fn weights(skipped: &Path) -> Result<()> {
    if let Err(error) = minilm::fetch() {
        skip(skipped, "all-MiniLM-L6-v2", &format!("{error:#}"))?;
    }
    Ok(())
}

fn rust_tests(skipped: &Path) -> Result<()> {
    let mut tests = run::command("cargo", &["test"]);
    tests.env("GAVEL_SKIPPED", skipped);
    for (variable, name) in [("GAVEL_ANVIL", "anvil"), ("GAVEL_CAST", "cast")] {
        if let Some(binary) = node::foundry(name) {
            tests.env(variable, binary);
        }
    }
    run::run(&mut tests)
}

fn solidity_tests(skipped: &Path) -> Result<()> {
    let Some(forge) = node::foundry("forge") else {
        return skip(
            skipped,
            "Solidity tests",
            "forge is not there: they need npm",
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
    if !node::has_compiler() {
        return skip(
            skipped,
            "contract artifacts",
            "the Solidity compiler is not there: it needs npm",
        );
    }
    let mut build = run::command("node", &["build.js", "--check"]);
    run::run(build.current_dir(run::root().join("contracts")))
}

fn bare_artifacts(skipped: &Path) -> Result<()> {
    if let Err(error) = artifacts::prepare() {
        return skip(skipped, "guest and wasm artifacts", &format!("{error:#}"));
    }
    artifacts::run(&[], true)
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
