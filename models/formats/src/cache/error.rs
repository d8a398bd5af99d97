//! Why a cache file isn't used.

use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a cache file isn't used, or couldn't be made. None of these stops an import.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It doesn't begin as a cache file does.
    #[error("{} is no cache file", path.display())]
    Magic {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this program wrote it.
    #[error("{} has version {got}, this program reads {expected}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        got: u32,
        /// The version that is read.
        expected: u32,
    },
    /// It belongs to another model file, or to what this one was.
    #[error("{} was made from another model file", path.display())]
    OtherModel {
        /// The file.
        path: PathBuf,
    },
    /// A checksum or a length is wrong.
    #[error("{} is damaged: its {part} is not what was written", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        part: &'static str,
    },
    /// The model file itself can't be turned into planes; the import will say why.
    #[error("the model file is not one that can be cached")]
    Model,
}
