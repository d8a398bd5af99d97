//! What has to pass before a change lands.

use crate::{artifacts, node, run, tidy};
use anyhow::Result;
use std::{fs, path::Path, process::Command, time::Instant};

/// Runs every check; prints last what was skipped and why.
///
/// # Errors
/// When a check fails.
pub(crate) fn test() -> Result<()> {
    let skipped = run::root().join("target/skipped.txt");
    fs::create_dir_all(run::root().join("target"))?;
    fs::write(&skipped, "")?;
    stage("lints", lint)?;
    stage("tidy", tidy::tidy)?;
    stage("contract artifacts", || contract_artifacts(&skipped))?;
    stage("guest and wasm artifacts", || bare_artifacts(&skipped))?;
    stage("Rust tests", || rust_tests(&skipped))?;
    stage("Solidity tests", || solidity_tests(&skipped))?;
    report(&skipped)
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
    tests.env("GAVEL_SKIPPED", skipped);
    for (variable, name) in [("GAVEL_ANVIL", "anvil"), ("GAVEL_CAST", "cast")] {
        if let Some(binary) = node::foundry(name)? {
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

fn bare_artifacts(skipped: &Path) -> Result<()> {
    match artifacts::prepare() {
        Ok(()) => artifacts::run(&[], true),
        Err(missing) => skip(skipped, "guest and wasm artifacts", &missing.to_string()),
    }
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
