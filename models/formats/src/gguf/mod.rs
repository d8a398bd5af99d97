//! The GGUF container, versions 2 and 3: metadata, and tensors by name.
//!
//! Layout, little-endian: "GGUF", version u32, number of tensors u64, number of metadata entries u64; the entries (key, value type,
//! value); the tensors' entries (name, dimensions, type, offset); padding to the alignment; the data, each tensor at its offset.

mod error;
pub mod limits;
mod metadata;
mod reader;
mod tensor;
mod tensor_type;

pub use error::GgufError;
pub use metadata::{Array, Metadata, Value};
pub(crate) use reader::Reader;
pub use tensor::Tensor;
pub use tensor_type::{BLOCK, SUPER_BLOCK, TensorType};

use limits::{MAX_ALIGNMENT, MAX_ENTRIES, MAX_TENSORS};
use std::collections::BTreeMap;

const MAGIC: [u8; 4] = *b"GGUF";
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=3;
/// Alignment of a file that doesn't say.
const DEFAULT_ALIGNMENT: u32 = 32;

/// A file's table of contents. Nothing of the data is copied.
#[derive(Clone, Debug)]
pub struct Gguf<'a> {
    /// The metadata.
    pub metadata: Metadata<'a>,
    tensors: BTreeMap<&'a str, Tensor<'a>>,
}

impl<'a> Gguf<'a> {
    /// Reads the table of contents of a whole file.
    ///
    /// # Errors
    /// [`GgufError`] for everything that is malformed, above a limit of [`limits`], or of a tensor type that isn't read.
    pub fn parse(file: &'a [u8]) -> Result<Self, GgufError> {
        let mut reader = Reader::new(file);
        let got = reader.array("the magic number")?;
        if got != MAGIC {
            return Err(GgufError::Magic {
                got,
                expected: MAGIC,
            });
        }
        let got = reader.u32("the version")?;
        if !VERSIONS.contains(&got) {
            return Err(GgufError::Version { got });
        }
        let tensor_count = reader.count("the number of tensors", MAX_TENSORS)?;
        let entry_count = reader.count("the number of metadata entries", MAX_ENTRIES)?;
        let metadata = Metadata::read(&mut reader, entry_count)?;
        let alignment = alignment(&metadata)?;
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let tensor = Tensor::read(&mut reader)?;
            if let Some(twice) = tensors.insert(tensor.name, tensor) {
                return Err(GgufError::Duplicate {
                    what: "tensor",
                    name: twice.name.into(),
                });
            }
        }
        let data = reader.at().next_multiple_of(alignment as usize);
        for tensor in tensors.values_mut() {
            place(tensor, data, alignment, file.len())?;
        }
        refuse_overlaps(&tensors)?;
        Ok(Gguf { metadata, tensors })
    }

    /// A tensor by its name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        self.tensors.get(name)
    }

    /// All tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor<'a>> {
        self.tensors.values()
    }
}

fn alignment(metadata: &Metadata) -> Result<u32, GgufError> {
    match metadata.get("general.alignment") {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(Value::Integer(got))
            if (8..=i128::from(MAX_ALIGNMENT)).contains(&got) && got.count_ones() == 1 =>
        {
            Ok(got as u32)
        }
        Some(other) => Err(GgufError::Alignment {
            got: format!("{other:?}"),
            limit: MAX_ALIGNMENT,
        }),
    }
}

/// Finds a tensor's first byte in the file.
fn place(tensor: &mut Tensor, data: usize, alignment: u32, len: usize) -> Result<(), GgufError> {
    if !tensor.offset.is_multiple_of(alignment.into()) {
        return Err(GgufError::Misaligned {
            tensor: tensor.name.into(),
            offset: tensor.offset,
            alignment,
        });
    }
    let start = (data as u64).saturating_add(tensor.offset);
    let end = start.saturating_add(tensor.bytes as u64);
    if end > len as u64 {
        return Err(GgufError::Outside {
            tensor: tensor.name.into(),
            start,
            end,
            len,
        });
    }
    tensor.start = start as usize;
    Ok(())
}

fn refuse_overlaps(tensors: &BTreeMap<&str, Tensor>) -> Result<(), GgufError> {
    let mut by_place: Vec<&Tensor> = tensors.values().collect();
    by_place.sort_by_key(|tensor| tensor.start);
    match by_place
        .windows(2)
        .find(|pair| pair[0].range().end > pair[1].start)
    {
        None => Ok(()),
        Some(pair) => Err(GgufError::Overlap {
            first: pair[0].name.into(),
            second: pair[1].name.into(),
        }),
    }
}
