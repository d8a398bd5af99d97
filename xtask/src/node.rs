//! The npm packages of contracts/: compiler, forge and anvil, pinned by its package-lock.json.

use crate::run;
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Installs the packages if they are not there.
///
/// # Errors
/// When there is no npm, or it fails.
pub(crate) fn packages() -> Result<()> {
    if has_compiler() {
        return Ok(());
    }
    if !run::is_there("npm") {
        bail!("there is no npm to install compiler, forge and anvil with");
    }
    // Not `npm ci`: it wants lock entries for platforms for which a registry may have no package.
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund"];
    let mut install = run::command("npm", &arguments);
    run::run(install.current_dir(run::root().join("contracts")))
}

/// Whether the Solidity compiler is there.
pub(crate) fn has_compiler() -> bool {
    run::root().join("contracts/node_modules/solc").is_dir()
}

/// A binary inside a package, where it is installed: forge, anvil or cast.
pub(crate) fn foundry(name: &str) -> Option<PathBuf> {
    let platform = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    let package = format!("contracts/node_modules/@foundry-rs/{name}-linux-{platform}/bin/{name}");
    Some(run::root().join(package)).filter(|path| path.is_file())
}
