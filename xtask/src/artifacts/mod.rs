//! `cargo xtask artifacts`: rebuilds what is committed in binary form, and compares.
//!
//! Each artifact is built twice, from copies of the working tree in folders of different names; unequal bytes or a path inside are
//! an error. With `--check` the result is compared with the committed files: byte for byte where the compiler is the recorded one.

mod build;
mod copy;
mod guest;
mod toolchain;
mod wasm;

use anyhow::{Context, Result, bail};
use std::{fs, path::Path};
use toolchain::Toolchain;

/// A file of an artifact folder.
struct File {
    /// Path from the repository's root.
    path: &'static str,
    /// Content.
    bytes: Vec<u8>,
}

/// An artifact, built.
struct Artifact {
    /// What it is, for people.
    name: &'static str,
    /// The build record among `files`: JSON with a field `rustc`.
    record: &'static str,
    /// Everything to commit, the record included.
    files: Vec<File>,
}

/// An artifact's name on the command line and how it is built.
type Build = (
    &'static str,
    fn(&Toolchain, &copy::Trees) -> Result<Artifact>,
);

/// All artifacts of the bare targets.
const BUILDS: [Build; 2] = [("guest", guest::build), ("wasm", wasm::build)];

/// Rebuilds the artifacts named, or all; with `check` compares and writes nothing.
///
/// # Errors
/// An unknown name, a missing compiler, a failed or irreproducible build, with `check` a difference.
pub(crate) fn run(names: &[String], check: bool) -> Result<()> {
    let builds = chosen(names)?;
    let root = copy::repository_root()?;
    let toolchain = Toolchain::find_or_install()?;
    let trees = copy::Trees::new(&root)?;
    for (_, build) in builds {
        let artifact = build(&toolchain, &trees)?;
        if check {
            compare(&root, &artifact, &toolchain)?;
        } else {
            write(&root, &artifact)?;
        }
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<Build>> {
    if names.is_empty() {
        return Ok(BUILDS.to_vec());
    }
    names
        .iter()
        .map(|name| {
            BUILDS
                .iter()
                .find(|(known, _)| known == name)
                .copied()
                .with_context(|| format!("no artifact is called {name}"))
        })
        .collect()
}

fn write(root: &Path, artifact: &Artifact) -> Result<()> {
    for file in &artifact.files {
        let path = root.join(file.path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, &file.bytes).with_context(|| format!("writing {}", file.path))?;
    }
    println!("{}: written", artifact.name);
    Ok(())
}

fn compare(root: &Path, artifact: &Artifact, toolchain: &Toolchain) -> Result<()> {
    let recorded = recorded_compiler(root, artifact)?;
    if recorded != toolchain.version {
        println!(
            "{}: the record names `{recorded}`, here is `{}`: bytes not compared",
            artifact.name, toolchain.version
        );
        return Ok(());
    }
    for file in &artifact.files {
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
