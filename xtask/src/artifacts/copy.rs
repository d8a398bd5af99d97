//! Copies of the working tree, so that a build in a folder of another name can be compared.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Names of the copies' folders: of different length, too.
const NAMES: [&str; 2] = ["first", "another-folder"];

/// Two copies of the tracked and not ignored files, as they are now.
pub(super) struct Trees {
    folder: TempDir,
}

impl Trees {
    /// Makes the copies.
    ///
    /// # Errors
    /// `git` fails, or a file can't be copied.
    pub(super) fn new(root: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let files = files(root)?;
        for name in NAMES {
            for file in &files {
                copy(root, file, &folder.path().join(name))?;
            }
        }
        Ok(Trees { folder })
    }

    /// The copies' roots.
    pub(super) fn roots(&self) -> [PathBuf; 2] {
        NAMES.map(|name| self.folder.path().join(name))
    }
}

fn files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("listing the repository's files with git")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    }
    let list = String::from_utf8(output.stdout)?;
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

fn copy(root: &Path, file: &str, to: &Path) -> Result<()> {
    let source = root.join(file);
    if !source.is_file() {
        return Ok(()); // deleted, not yet committed
    }
    let target = to.join(file);
    fs::create_dir_all(target.parent().context("a file has a folder")?)?;
    fs::copy(&source, &target).with_context(|| format!("copying {file}"))?;
    Ok(())
}
