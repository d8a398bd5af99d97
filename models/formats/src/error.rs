//! Why a model file doesn't become a program.

use crate::{CheckError, FileError, GgufError, MlgoError, OnnxError, SafetensorsError};
use thiserror::Error;

/// Why an import fails.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no well-formed GGUF.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// It is no well-formed file of opML's.
    #[error(transparent)]
    Mlgo(#[from] MlgoError),
    /// It is no ONNX model that can be read, or one of what isn't supported.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// It is no well-formed safetensors file.
    #[error(transparent)]
    Safetensors(#[from] SafetensorsError),
    /// A file beside the weights is no JSON.
    #[error("{file} is no JSON: {source}")]
    Json {
        /// The file.
        file: String,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// A key that must be there isn't.
    #[error("the file has no {key:?}, expected {expected}")]
    Missing {
        /// The key or tensor.
        key: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A value of another type.
    #[error("{key:?} is of type {got}, expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// The file's type.
        got: String,
        /// The type that it must have.
        expected: &'static str,
    },
    /// A value outside what is supported.
    #[error("{key:?} is {got}, expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// The file's value.
        got: String,
        /// The values that are supported.
        expected: String,
    },
    /// A feature that this importer doesn't know: ignoring it would change the model's answers.
    #[error("{what} {name:?} is not supported by the importer of {family:?} models")]
    Unknown {
        /// Key or tensor.
        what: &'static str,
        /// Its name.
        name: String,
        /// The family.
        family: &'static str,
    },
    /// A tensor of another shape.
    #[error("tensor {tensor:?} has shape {got:?}, expected {expected:?} (rows, columns)")]
    Shape {
        /// The tensor.
        tensor: String,
        /// The file's shape, slowest dimension first.
        got: Vec<u64>,
        /// The shape that the metadata asks for.
        expected: Vec<u64>,
    },
    /// A vocabulary that can't be used.
    #[error("token {id} has {what} {got}, expected {expected}")]
    Token {
        /// The token.
        id: usize,
        /// Which property.
        what: &'static str,
        /// The file's.
        got: String,
        /// What is supported.
        expected: &'static str,
    },
    /// A merge that can't be used.
    #[error("merge {rank} is {got:?}, expected {expected}")]
    Merge {
        /// Which merge.
        rank: usize,
        /// The file's, cut if it is long.
        got: String,
        /// What is supported.
        expected: &'static str,
    },
    /// A tensor of the program, made by the importer, is too large for a machine window.
    #[error("{name:?} needs {got} bytes, the limit is {limit}")]
    TooLarge {
        /// The slot or weight.
        name: String,
        /// Its size.
        got: u64,
        /// The most that a window holds.
        limit: u64,
    },
    /// A weight of the file is too large for a machine window, and its operator reads it whole: experts, encoders and vectors have no shards.
    #[error(
        "weight {name:?} has {got} bytes, and a window of the machine holds {limit}; its operator has no shards: take a file with fewer bits for each number"
    )]
    Whole {
        /// The weight.
        name: String,
        /// Its size.
        got: u64,
        /// The most that a window holds.
        limit: u64,
    },
    /// The program that came out fails its check.
    #[error("the imported program fails its check: {0}")]
    Check(#[from] CheckError),
}
