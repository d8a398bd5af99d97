//! Builds of a package for a bare target, compared with one another.

use super::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

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

/// The output of `recipe`, the same bytes in each of the trees.
///
/// # Errors
/// A build fails, two differ, or a path of this machine is inside.
pub(super) fn reproducibly(
    toolchain: &Toolchain,
    roots: &[PathBuf],
    recipe: &Recipe,
) -> Result<Vec<u8>> {
    let (first, others) = roots.split_first().context("no tree to build in")?;
    let bytes = once(toolchain, first, recipe)?;
    for other in others {
        if once(toolchain, other, recipe)? != bytes {
            bail!("{} is not reproducible: two builds differ", recipe.package);
        }
    }
    Ok(bytes)
}

/// Refuses bytes in which a path of the machine that built them is left.
///
/// # Errors
/// Names the path.
pub(super) fn no_path_inside(bytes: &[u8], roots: &[PathBuf]) -> Result<()> {
    let mut paths = vec!["rustlib/src".to_owned(), "registry/src".to_owned()];
    paths.extend(roots.iter().map(|root| root.display().to_string()));
    let homes = ["HOME", "CARGO_HOME"];
    paths.extend(homes.iter().filter_map(|name| env::var(name).ok()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_wherever_they_are() {
        let roots = [PathBuf::from("/some/where")];
        for inside in ["/some/where/lib.rs", "x/registry/src/y", "rustlib/src"] {
            let bytes = ["before ", inside, " after"].concat();
            assert!(
                no_path_inside(bytes.as_bytes(), &roots).is_err(),
                "{inside}"
            );
        }
        assert!(no_path_inside(b"some/where", &roots).is_ok());
    }
}
