//! `cargo xtask artifacts`: rebuilds what is committed in binary form, and compares.
//!
//! Each artifact is built twice, from copies of the working tree in folders of different names; unequal bytes or a path inside are
//! an error. With `--check` nothing is written: where the compiler is the recorded one, one build must give the committed bytes (they
//! were made in another folder already); with another compiler two builds are compared with each other, and that is said.

mod build;
mod copy;
mod guest;
mod toolchain;
mod wasm;

use crate::run;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};
use toolchain::Toolchain;

/// A file of an artifact folder.
struct File {
    /// Path from the repository's root.
    path: &'static str,
    /// Content.
    bytes: Vec<u8>,
}

/// An artifact and how it is made.
#[derive(Clone, Copy)]
struct Artifact {
    /// Its name on the command line.
    name: &'static str,
    /// The build record among its files: JSON with a field `rustc`.
    record: &'static str,
    /// Builds it in each of these copies of the tree; gives everything to commit, the record included.
    build: fn(&Toolchain, &[PathBuf]) -> Result<Vec<File>>,
}

/// All artifacts of the bare targets.
const ARTIFACTS: [Artifact; 2] = [guest::ARTIFACT, wasm::ARTIFACT];

/// Installs the compiler of the bare targets if it is not there.
///
/// # Errors
/// When it can't be.
pub(crate) fn prepare() -> Result<()> {
    Toolchain::find_or_install().map(drop)
}

/// Rebuilds the artifacts named, or all; with `check` compares and writes nothing.
///
/// # Errors
/// An unknown name, a missing compiler, a failed or irreproducible build, with `check` a difference.
pub(crate) fn run(names: &[String], check: bool) -> Result<()> {
    let root = run::root();
    let chosen = chosen(names)?;
    let toolchain = Toolchain::find_or_install()?;
    let trees = copy::Trees::new(&root)?;
    for artifact in chosen {
        if check {
            compare(&root, &artifact, &toolchain, &trees)?;
        } else {
            let files = (artifact.build)(&toolchain, &trees.roots())?;
            write(&root, &files)?;
            println!("{}: written", artifact.name);
        }
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<Artifact>> {
    if names.is_empty() {
        return Ok(ARTIFACTS.to_vec());
    }
    let find = |name: &String| {
        let found = ARTIFACTS.iter().find(|artifact| artifact.name == name);
        found
            .copied()
            .with_context(|| format!("no artifact is called {name}"))
    };
    names.iter().map(find).collect()
}

fn write(root: &Path, files: &[File]) -> Result<()> {
    for file in files {
        let path = root.join(file.path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, &file.bytes).with_context(|| format!("writing {}", file.path))?;
    }
    Ok(())
}

fn compare(
    root: &Path,
    artifact: &Artifact,
    toolchain: &Toolchain,
    trees: &copy::Trees,
) -> Result<()> {
    let recorded = recorded_compiler(root, artifact)?;
    if recorded != toolchain.version {
        (artifact.build)(toolchain, &trees.roots())?;
        println!(
            "{}: the record names `{recorded}`, here is `{}`: reproducible, not compared with the committed bytes",
            artifact.name, toolchain.version
        );
        return Ok(());
    }
    for file in (artifact.build)(toolchain, &trees.roots()[..1])? {
        let committed =
            fs::read(root.join(file.path)).with_context(|| format!("reading {}", file.path))?;
        if committed != file.bytes {
            bail!(
                "{} differs from a fresh build by the recorded compiler: run `cargo xtask artifacts`",
                file.path
            );
        }
    }
    println!("{}: the same bytes", artifact.name);
    Ok(())
}

fn recorded_compiler(root: &Path, artifact: &Artifact) -> Result<String> {
    let text = fs::read_to_string(root.join(artifact.record))
        .with_context(|| format!("reading {}", artifact.record))?;
    let record: serde_json::Value = serde_json::from_str(&text)?;
    record["rustc"]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("{} has no field rustc", artifact.record))
}
