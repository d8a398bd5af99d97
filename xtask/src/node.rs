//! The npm packages of contracts/: compiler, forge and anvil, pinned by its package-lock.json.

use crate::run;
use anyhow::Result;
use std::path::PathBuf;

/// Installs the packages if they are not there; `None` where there is no npm.
///
/// # Errors
/// When npm fails.
pub(crate) fn packages() -> Result<Option<PathBuf>> {
    let contracts = run::root().join("contracts");
    let modules = contracts.join("node_modules");
    if modules.join("solc").is_dir() {
        return Ok(Some(modules));
    }
    if !run::is_there("npm") {
        return Ok(None);
    }
    run::run(run::command("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(&contracts))?;
    Ok(Some(modules))
}

/// A binary inside a package: forge, anvil or cast. Installs the packages if they are not there.
///
/// # Errors
/// When npm fails.
pub(crate) fn foundry(name: &str) -> Result<Option<PathBuf>> {
    packages()?;
    Ok(installed(name))
}

/// The same, if it is there already.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let platform = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    let package = format!("contracts/node_modules/@foundry-rs/{name}-linux-{platform}/bin/{name}");
    Some(run::root().join(package)).filter(|path| path.is_file())
}
