//! What can be wrong with a safetensors file.

use safetensors::SafeTensorError;
use thiserror::Error;

/// Why a file is refused as safetensors.
#[derive(Debug, Error)]
pub enum SafetensorsError {
    /// The table of contents is larger than what is read.
    #[error("the table of contents has {got} bytes, the limit is {limit}")]
    Header {
        /// Its size.
        got: u64,
        /// The most that is read.
        limit: u64,
    },
    /// More tensors than are read.
    #[error("the file has {got} tensors, the limit is {limit}")]
    Tensors {
        /// Their number.
        got: usize,
        /// The most that are read.
        limit: usize,
    },
    /// What the format's own reader says.
    #[error("no well-formed safetensors: {0}")]
    Malformed(#[from] SafeTensorError),
}
