//! `deployment.json`: where a rollup lives.

use anyhow::{Context, Result, ensure};
use gavel_chain::Deployment;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file that is read and written where no other is named.
pub(crate) const DEFAULT: &str = "deployment.json";

/// Reads the addresses.
///
/// # Errors
/// When there is no such file, or it holds something else.
pub(crate) fn read(file: &Path) -> Result<Deployment> {
    let name = file.display();
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(error).with_context(|| {
                format!("there is no {name}: `gavel deploy` and `gavel devnet` write it; name another with --deployment")
            });
        }
        text => text.with_context(|| format!("{name} can't be read"))?,
    };
    serde_json::from_str(&text)
        .with_context(|| format!("{name} holds no deployment: `gavel deploy` writes one"))
}

/// Refuses to replace a file: the addresses in it would be lost.
///
/// # Errors
/// When the file exists.
pub(crate) fn demand_absent(file: &Path) -> Result<()> {
    ensure!(
        !file.exists(),
        "{} exists already, and the addresses in it would be lost: name another file with --deployment, or give --force",
        file.display()
    );
    Ok(())
}

/// Writes the addresses, whole or not at all.
///
/// # Errors
/// When the folder can't be written to.
pub(crate) fn write(file: &Path, deployment: &Deployment) -> Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let text = serde_json::to_string_pretty(deployment)? + "\n";
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, file))
        .with_context(|| format!("{} can't be written", file.display()))
}
