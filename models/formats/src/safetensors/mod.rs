//! The safetensors container: a table of contents in JSON, then the data. The crate `safetensors` reads it; here are the limits and what
//! an importer asks for.

mod error;
mod tensors;

pub use error::SafetensorsError;
pub(crate) use tensors::Tensors;

use gavel_program::{DType, WeightFormat};
use safetensors::{Dtype, SafeTensors};
use std::{collections::BTreeMap, ops::Range};

/// Bytes of the table of contents: a tensor's entry has about 150.
pub const MAX_HEADER_BYTES: u64 = 4 << 20;
/// Tensors, as of a GGUF file.
pub const MAX_TENSORS: usize = crate::gguf::limits::MAX_TENSORS as usize;
/// Dimensions of a tensor that is used.
pub const MAX_DIMS: usize = crate::gguf::limits::MAX_DIMS as usize;

/// A tensor of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Element type, by the format's name.
    pub dtype: Dtype,
    /// Dimensions, the slowest first.
    pub shape: Vec<u64>,
    /// Its bytes in the file.
    pub range: Range<usize>,
}

impl Entry {
    /// The format of a matrix of these elements, and their type, if they are weights as they lie in the file.
    pub(crate) fn weight(&self) -> Option<(WeightFormat, DType)> {
        match self.dtype {
            Dtype::F32 => Some((WeightFormat::F32, DType::F32)),
            Dtype::F16 => Some((WeightFormat::F16, DType::F16)),
            Dtype::BF16 => Some((WeightFormat::BF16, DType::BF16)),
            _ => None,
        }
    }
}

/// A file's tensors by name.
#[derive(Clone, Debug, Default)]
pub struct Contents(pub BTreeMap<String, Entry>);

impl Contents {
    /// Reads the table of contents of a whole file.
    ///
    /// # Errors
    /// [`SafetensorsError`] for everything that is malformed or above a limit.
    pub fn parse(file: &[u8]) -> Result<Self, SafetensorsError> {
        let len = file.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        match len {
            Some(got) if got > MAX_HEADER_BYTES => {
                return Err(SafetensorsError::Header {
                    got,
                    limit: MAX_HEADER_BYTES,
                });
            }
            _ => {}
        }
        let parsed = SafeTensors::deserialize(file)?;
        if parsed.len() > MAX_TENSORS {
            return Err(SafetensorsError::Tensors {
                got: parsed.len(),
                limit: MAX_TENSORS,
            });
        }
        let entries = parsed.iter().map(|(name, view)| {
            let start = view.data().as_ptr() as usize - file.as_ptr() as usize;
            let entry = Entry {
                dtype: view.dtype(),
                shape: view.shape().iter().map(|dim| *dim as u64).collect(),
                range: start..start + view.data().len(),
            };
            (name.to_owned(), entry)
        });
        Ok(Contents(entries.collect()))
    }
}
