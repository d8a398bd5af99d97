//! The compiler of the artifacts: Debian's rustc, whose source for `-Zbuild-std` is packaged at the same version.

use anyhow::{Context, Result, bail};
use std::{
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Debian packages, and a file of each that says that it is there.
const PACKAGES: [(&str, &str); 4] = [
    ("rustc-web", RUSTC),
    ("cargo-web", CARGO),
    (
        "rust-web-src",
        "/usr/lib/rustlib/src/rust/library/core/Cargo.toml",
    ),
    ("lld-22", LLD),
];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LLD: &str = "/usr/lib/llvm-22/bin/lld";

/// Variables that would change a build.
const FOREIGN: [&str; 6] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTUP_TOOLCHAIN",
];

/// A compiler that can build its own `core` for bare targets.
pub(super) struct Toolchain {
    /// `rustc --version`.
    pub(super) version: String,
    /// Folder with the linker under the name that rustc looks for.
    linker: TempDir,
}

impl Toolchain {
    /// The installed one; what is missing is installed where this user may.
    ///
    /// # Errors
    /// Packages are missing and can't be installed: the message names them.
    pub(super) fn find_or_install() -> Result<Self> {
        let missing: Vec<&str> = PACKAGES
            .iter()
            .filter(|(_, file)| !Path::new(file).exists())
            .map(|(package, _)| *package)
            .collect();
        if !missing.is_empty() {
            install(&missing)?;
        }
        let linker = tempfile::tempdir()?;
        symlink(LLD, linker.path().join("rust-lld"))?;
        let output = Command::new(RUSTC).arg("--version").output()?;
        let version = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Toolchain { version, linker })
    }

    /// A cargo that compiles with this toolchain and nothing of the caller's settings.
    pub(super) fn cargo(&self, rustflags: &str) -> Result<Command> {
        let mut path = vec![self.linker.path().to_owned()];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").context("PATH is not set")?,
        ));
        let mut cargo = Command::new(CARGO);
        for name in FOREIGN {
            cargo.env_remove(name);
        }
        cargo
            .env("PATH", std::env::join_paths(path)?)
            .env("RUSTC", RUSTC)
            .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std and immediate-abort on a stable compiler
            .env("RUSTFLAGS", rustflags);
        Ok(cargo)
    }
}

fn install(missing: &[&str]) -> Result<()> {
    eprintln!("installing {}", missing.join(" "));
    let apt = |arguments: &[&str]| {
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let install: Vec<&str> = ["install", "-y", "--no-install-recommends"]
        .iter()
        .chain(missing)
        .copied()
        .collect();
    if apt(&["update"]) && apt(&install) {
        return Ok(());
    }
    bail!(
        "the artifacts need Debian's packages: apt-get install {}",
        missing.join(" ")
    )
}
