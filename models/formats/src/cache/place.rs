//! Where a cache file lies.

use super::digest::Digest;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Appended to the model file's name.
const ENDING: &str = ".gavel";

/// The places of a model's cache file, in the order in which they are tried: beside the model, then in the user's folder of caches.
pub(crate) fn places(model: &Path, digest: &Digest) -> Vec<PathBuf> {
    let mut beside = OsString::from(model);
    beside.push(ENDING);
    let name: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let elsewhere = folder().map(|folder| folder.join(format!("{name}{ENDING}")));
    [Some(PathBuf::from(beside)), elsewhere]
        .into_iter()
        .flatten()
        .collect()
}

/// The place of a further cache file beside another one.
pub(crate) fn beside(cache: &Path, what: &str) -> PathBuf {
    let mut path = OsString::from(cache);
    path.push("-");
    path.push(what);
    path.into()
}

/// The user's folder of caches, after the XDG base directory specification; `None` for one without a home.
pub fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("gavel"))
}
