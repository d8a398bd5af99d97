//! Takes a file's tensors by name, each with the shape that the model asks for.

use super::{Contents, Entry};
use crate::ImportError;
use crate::assemble::Assembly;
use crate::fields::missing;
use crate::file::{ModelFile, words_at};
use crate::matrices::Matrix;
use crate::untaken::Untaken;
use gavel_kernels::num::{bf16_to_f32, f16_to_f32};
use gavel_program::boot::WINDOW_BYTES;
use gavel_program::{DType, Operand};
use safetensors::Dtype;
use std::sync::Arc;

/// The tensors of a file that are still to be taken.
pub(crate) struct Tensors<'a> {
    file: &'a Arc<ModelFile>,
    contents: &'a Contents,
    /// What stands before every name.
    prefix: &'static str,
    untaken: Untaken<'a>,
}

impl<'a> Tensors<'a> {
    /// All tensors of a file of a family but those that `is_idle` says change nothing.
    pub(crate) fn new(
        file: &'a Arc<ModelFile>,
        contents: &'a Contents,
        family: &'static str,
        prefix: &'static str,
        is_idle: impl Fn(&str) -> bool,
    ) -> Self {
        let names = contents.0.keys().map(String::as_str);
        let bare = |name: &str| name.strip_prefix(prefix).is_some_and(&is_idle) || is_idle(name);
        Tensors {
            file,
            contents,
            prefix,
            untaken: Untaken::new(names.filter(|name| !bare(name)), family),
        }
    }

    /// Adds a matrix `[rows, cols]` to the weights, in its own bits.
    pub(crate) fn take(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        [rows, cols]: [u32; 2],
    ) -> Result<Matrix, ImportError> {
        let (name, entry) = self.find(name, &[rows, cols])?;
        let (format, dtype) = entry.weight().ok_or_else(|| wrong_dtype(name, entry))?;
        let plane = self.add(assembly, name, entry, dtype);
        Ok(Matrix::single(format, plane))
    }

    /// Adds a tensor as it lies in the file, with its root where that is known.
    fn add(&self, assembly: &mut Assembly, name: &str, entry: &Entry, dtype: DType) -> Operand {
        let known = self.file.cached_whole(name, entry.range.clone());
        match known.filter(|plane| plane.dtype == dtype) {
            Some(plane) => assembly.plane(plane),
            None => {
                let words = words_at(self.file, entry.range.clone());
                assembly.weight(name.into(), dtype, words)
            }
        }
    }

    /// Adds the weights of a norm, a bias, or whatever else is read as F32; others are converted, which is exact.
    pub(crate) fn take_f32(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Operand, ImportError> {
        let (name, entry) = self.find(name, shape)?;
        let bytes = &self.file.bytes()[entry.range.clone()];
        let halves = |number: fn(u16) -> f32| {
            let number = |bytes: &[u8; 2]| number(u16::from_le_bytes(*bytes)).to_bits();
            let numbers: Vec<u32> = bytes.as_chunks().0.iter().map(number).collect();
            Arc::new(numbers)
        };
        let words = match entry.dtype {
            Dtype::F32 => return Ok(self.add(assembly, name, entry, DType::F32)),
            Dtype::F16 => halves(f16_to_f32),
            Dtype::BF16 => halves(bf16_to_f32),
            _ => return Err(wrong_dtype(name, entry)),
        };
        Ok(assembly.weight(name.into(), DType::F32, words))
    }

    /// Refuses a file with a tensor that nobody took.
    pub(crate) fn refuse_unused(&self) -> Result<(), ImportError> {
        self.untaken.refuse()
    }

    /// A tensor by name and shape, slowest dimension first.
    fn find(&mut self, name: &str, shape: &[u32]) -> Result<(&'a str, &'a Entry), ImportError> {
        let whole = format!("{}{name}", self.prefix);
        let found = self.contents.0.get_key_value(&whole);
        let (name, entry) = found.ok_or_else(|| missing(&whole, "a tensor"))?;
        self.untaken
            .take(name, entry.shape.iter().copied(), shape)?;
        if entry.range.len() > WINDOW_BYTES {
            return Err(ImportError::Whole {
                name: name.clone(),
                got: entry.range.len() as u64,
                limit: WINDOW_BYTES as u64,
            });
        }
        Ok((name, entry))
    }
}

fn wrong_dtype(name: &str, entry: &Entry) -> ImportError {
    ImportError::Type {
        key: name.into(),
        got: format!("{:?}", entry.dtype),
        expected: "F32, F16 or BF16",
    }
}
