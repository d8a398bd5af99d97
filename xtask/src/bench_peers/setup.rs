//! Fetches and builds the peers below the target folder, once.

use crate::run;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// llama.cpp as its Python package builds it from its source.
const LLAMA_CPP: &str = "llama-cpp-python==0.3.36";
/// For this machine's own processor; without OpenMP its threads are llama.cpp's own.
const CMAKE_ARGS: &str = "-DGGML_NATIVE=ON -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF";
/// llama2.c's `run.c` of August 2023, as a Python package carries it.
const LLAMA2C: &str = "llamac2py==0.1.4";
const LLAMA2C_SOURCE: &str = "llamac2py-0.1.4/run.c";
/// What encoders are compared with.
const TORCH: &str = "torch==2.15.0";
const TRANSFORMERS: &str = "transformers==5.23.0";
/// What reads model files for the conversion.
const GGUF: &str = "gguf";

/// The peers, as far as they could be had.
pub(super) struct Peers {
    /// The Python that has llama.cpp.
    pub(super) python: PathBuf,
    /// llama2.c's program.
    pub(super) llama2c: Result<PathBuf>,
}

/// Makes what is missing. `source` is a `run.c` to use instead of the packaged one.
///
/// # Errors
/// When llama.cpp can't be built; llama2.c's absence is a part of the answer.
pub(super) fn peers(folder: &Path, source: Option<&Path>) -> Result<Peers> {
    fs::create_dir_all(folder)?;
    let python = folder.join("venv/bin/python");
    if !python.is_file() {
        let venv = folder.join("venv");
        run::run(Command::new("python3").args(["-m", "venv"]).arg(venv))?;
    }
    if !has(&python, &["llama_cpp", "gguf"]) {
        let mut pip = pip(
            &python,
            &[
                "install",
                LLAMA_CPP,
                GGUF,
                "--no-binary",
                "llama-cpp-python",
            ],
        );
        run::run(pip.env("CMAKE_ARGS", CMAKE_ARGS)).context("llama.cpp could not be built")?;
    }
    let llama2c = llama2c(&python, &folder.join("llama2c"), source);
    Ok(Peers { python, llama2c })
}

/// A Python that has PyTorch and transformers.
///
/// # Errors
/// When they can't be had.
pub(super) fn pytorch(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("pytorch");
    let python = venv.join("bin/python");
    if !python.is_file() {
        fs::create_dir_all(folder)?;
        run::run(Command::new("python3").args(["-m", "venv"]).arg(venv))?;
    }
    if !has(&python, &["torch", "transformers"]) {
        run::run(&mut pip(&python, &["install", TORCH, TRANSFORMERS]))?;
    }
    Ok(python)
}

fn pip(python: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "--quiet"]).args(args);
    command
}

/// Whether this Python has all modules.
fn has(python: &Path, modules: &[&str]) -> bool {
    let imports = format!("import {}", modules.join(", "));
    Command::new(python)
        .args(["-c", &imports])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Builds llama2.c's program as its documentation advises for speed, for one thread: on a model as small as this one more only slow it down.
fn llama2c(python: &Path, folder: &Path, source: Option<&Path>) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let program = folder.join("run");
    let source = match source {
        Some(source) => source.to_path_buf(),
        None if program.is_file() => return Ok(program),
        None => packaged(python, folder)?,
    };
    let flags = ["-Ofast", "-march=native", "-o"];
    let mut compiler = Command::new("cc");
    run::run(compiler.args(flags).arg(&program).arg(source).arg("-lm"))?;
    Ok(program)
}

/// The packaged source, unpacked.
fn packaged(python: &Path, folder: &Path) -> Result<PathBuf> {
    let source = folder.join(LLAMA2C_SOURCE);
    if source.is_file() {
        return Ok(source);
    }
    run::run(
        pip(
            python,
            &[
                "download",
                "--no-deps",
                "--no-binary",
                ":all:",
                LLAMA2C,
                "--dest",
            ],
        )
        .arg(folder),
    )?;
    let archive = folder.join("llamac2py-0.1.4.tar.gz");
    run::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(folder),
    )?;
    ensure!(source.is_file(), "{} is missing", source.display());
    Ok(source)
}
