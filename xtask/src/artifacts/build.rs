//! One build of a package for a bare target, done twice and compared.

use super::{copy::Trees, toolchain::Toolchain};
use anyhow::{Context, Result, bail};
use std::{env, fs, path::Path};

/// What to build.
pub(super) struct Recipe {
    /// The package.
    pub(super) package: &'static str,
    /// Target triple.
    pub(super) target: &'static str,
    /// Flags of the compiler, the same in every folder.
    pub(super) rustflags: &'static str,
    /// Name of the file in the profile's output folder.
    pub(super) output: &'static str,
}

/// The output of `recipe`, the same bytes in both trees.
///
/// # Errors
/// A build fails, or the two differ.
pub(super) fn twice(toolchain: &Toolchain, trees: &Trees, recipe: &Recipe) -> Result<Vec<u8>> {
    let [first, second] = trees.roots();
    let one = once(toolchain, &first, recipe)?;
    let other = once(toolchain, &second, recipe)?;
    if one != other {
        bail!("{} is not reproducible: two builds differ", recipe.package);
    }
    Ok(one)
}

/// Refuses bytes in which a path of the machine that built them is left.
///
/// # Errors
/// Names the path.
pub(super) fn no_path_inside(bytes: &[u8], trees: &Trees) -> Result<()> {
    let mut paths = vec!["rustlib/src".to_owned(), "registry/src".to_owned()];
    paths.extend(trees.roots().map(|root| root.display().to_string()));
    paths.extend(
        ["HOME", "CARGO_HOME"]
            .iter()
            .filter_map(|name| env::var(name).ok()),
    );
    for path in paths.iter().filter(|path| path.len() > 1) {
        if bytes
            .windows(path.len())
            .any(|window| window == path.as_bytes())
        {
            bail!("the path {path} is in the artifact");
        }
    }
    Ok(())
}

fn once(toolchain: &Toolchain, root: &Path, recipe: &Recipe) -> Result<Vec<u8>> {
    let target_dir = root.join("target");
    let status = toolchain
        .cargo(recipe.rustflags)?
        .current_dir(root)
        .args(["build", "--quiet", "--locked", "--profile", "artifact"])
        .args(["--package", recipe.package, "--target", recipe.target])
        .arg("-Zbuild-std=core,alloc,compiler_builtins")
        .arg("--target-dir")
        .arg(&target_dir)
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!("building {} failed", recipe.package);
    }
    let output = target_dir
        .join(recipe.target)
        .join("artifact")
        .join(recipe.output);
    fs::read(&output).with_context(|| format!("reading {}", output.display()))
}
