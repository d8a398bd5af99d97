//! How the image was built.

use serde::{Deserialize, Serialize};

/// The build record beside the image: `record.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The compiler's own name and version. The same compiler gives the same bytes.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Of the image's bytes, hexadecimal.
    pub sha256: String,
    /// Bytes of the image.
    pub bytes: usize,
    /// Root of the image's tree, hexadecimal.
    pub image_root: String,
    /// Depth of the image's tree.
    pub image_depth: u8,
    /// Address of the first instruction.
    pub entry: u32,
    /// Address past the last instruction.
    pub text_end: u32,
}

/// The record of [`crate::IMAGE`].
///
/// # Panics
/// If the committed file is no record; a test reads it.
pub fn record() -> Record {
    serde_json::from_str(include_str!("../../guest/artifact/record.json"))
        .expect("the committed record parses")
}
