//! What a file is, by how it begins.

use crate::{mlgo, onnx};

/// Kinds of model files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// GGUF, or what is refused as such.
    Gguf,
    /// A dense network of opML's.
    Mlgo,
    /// A graph of operators.
    Onnx,
}

impl FileKind {
    /// The kind of a file's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(&mlgo::MAGIC) {
            return FileKind::Mlgo;
        }
        if onnx::begins(bytes) {
            return FileKind::Onnx;
        }
        FileKind::Gguf
    }
}
