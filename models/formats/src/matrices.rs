//! Takes a file's tensors by name, each with the shape that the model asks for.

use crate::ImportError;
use crate::assemble::Assembly;
use crate::cache::NamedPlane;
use crate::fields::missing;
use crate::file::ModelFile;
use crate::gguf::{Gguf, Tensor, TensorType};
use crate::planes::{Plane, format, planes};
use crate::shards::{Sharded, shard_name, shards_of_part};
use crate::untaken::Untaken;
use gavel_program::boot::WINDOW_BYTES;
use gavel_program::{Operand, WeightFormat};
use std::{ops::Range, sync::Arc};

/// A matrix among the weights.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    /// How it is stored.
    pub(crate) format: WeightFormat,
    planes: Vec<Operand>,
}

impl Matrix {
    /// A matrix of one plane.
    pub(crate) fn single(format: WeightFormat, plane: Operand) -> Self {
        Matrix {
            format,
            planes: vec![plane],
        }
    }

    /// The operands of a node that reads `first`, then this matrix.
    pub(crate) fn after(&self, first: Operand) -> Vec<Operand> {
        self.after_all(&[first])
    }

    /// The operands of a node that reads all of these, then this matrix.
    pub(crate) fn after_all(&self, first: &[Operand]) -> Vec<Operand> {
        first.iter().chain(&self.planes).copied().collect()
    }
}

/// The tensors of a file that are still to be taken.
pub(crate) struct Matrices<'a> {
    file: &'a Arc<ModelFile>,
    gguf: &'a Gguf<'a>,
    /// Bytes of the largest plane that isn't sharded.
    most: u64,
    untaken: Untaken<'a>,
}

impl<'a> Matrices<'a> {
    /// All tensors of a file of a family, of which matrices with a plane of more than `most` bytes, or a window, are taken in shards.
    pub(crate) fn new(
        file: &'a Arc<ModelFile>,
        gguf: &'a Gguf<'a>,
        family: &'static str,
        most: u32,
    ) -> Self {
        Matrices {
            file,
            gguf,
            most: u64::from(most).min(WINDOW_BYTES as u64),
            untaken: Untaken::new(gguf.tensors().map(|tensor| tensor.name), family),
        }
    }

    /// Whether the file has a tensor.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.gguf.tensor(name).is_some()
    }

    /// Adds a matrix `[rows, cols]` to the weights, in shards if need be.
    pub(crate) fn take(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        rows: u32,
        cols: u32,
    ) -> Result<Sharded, ImportError> {
        self.take_rows(assembly, name, [rows, cols], 0..rows)
    }

    /// Adds some rows of a matrix `[rows, cols]` to the weights, as a matrix of their own.
    pub(crate) fn take_rows(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        [all, cols]: [u32; 2],
        part: Range<u32>,
    ) -> Result<Sharded, ImportError> {
        let tensor = self.find(name, &[all, cols])?;
        let format = format(tensor.kind);
        // A tile's rows of the widest matrix that the machine multiplies with have half a window.
        let cut = shards_of_part(format, part.clone(), cols, self.most);
        let cut = cut.ok_or_else(|| ImportError::TooLarge {
            name: name.into(),
            got: tensor.bytes as u64,
            limit: self.most,
        })?;
        let mut sharded = Vec::new();
        for shard in cut {
            let tensor = tensor.rows(shard.start as usize..shard.end as usize);
            let planes = self.add(assembly, shard_name(name, &shard, all), &tensor)?;
            let own = shard.start - part.start..shard.end - part.start;
            sharded.push((own, Matrix { format, planes }));
        }
        Ok(Sharded {
            rows: part.end - part.start,
            cols,
            shards: sharded,
        })
    }

    /// Adds a matrix of any shape to the weights, for an operator that reads it whole.
    ///
    /// # Errors
    /// [`ImportError::Whole`] if a window doesn't hold it.
    pub(crate) fn take_whole(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Matrix, ImportError> {
        let tensor = self.find(name, shape)?;
        Ok(Matrix {
            format: format(tensor.kind),
            planes: self.add(assembly, name.into(), tensor)?,
        })
    }

    /// Adds the F32 weights of a norm or bias.
    pub(crate) fn take_vector(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        len: u32,
    ) -> Result<Operand, ImportError> {
        self.take_f32(assembly, name, &[len])
    }

    /// Adds F32 weights of any shape.
    pub(crate) fn take_f32(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Operand, ImportError> {
        let tensor = self.find_f32(name, shape)?;
        Ok(self.add(assembly, name.into(), tensor)?[0])
    }

    /// The numbers of an F32 vector that becomes part of another weight.
    pub(crate) fn take_numbers(&mut self, name: &str, len: u32) -> Result<Vec<f32>, ImportError> {
        let tensor = self.find_f32(name, &[len])?;
        let bytes = &self.file.bytes()[tensor.range()];
        let number = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
        Ok(bytes.as_chunks().0.iter().map(number).collect())
    }

    /// What must be F32.
    fn find_f32(&mut self, name: &str, shape: &[u32]) -> Result<&'a Tensor<'a>, ImportError> {
        let tensor = self.find(name, shape)?;
        if tensor.kind == TensorType::F32 {
            return Ok(tensor);
        }
        Err(ImportError::Type {
            key: name.into(),
            got: tensor.kind.name(),
            expected: match shape {
                [_] => "F32 for a vector",
                _ => "F32",
            },
        })
    }

    /// Refuses a file with a tensor that nobody took: a bias, a frequency factor, an expert.
    pub(crate) fn refuse_unused(&self) -> Result<(), ImportError> {
        self.untaken.refuse()
    }

    /// A tensor by name and shape, slowest dimension first.
    fn find(&mut self, name: &str, shape: &[u32]) -> Result<&'a Tensor<'a>, ImportError> {
        let tensor = self
            .gguf
            .tensor(name)
            .ok_or_else(|| missing(name, "a tensor"))?;
        let dims = tensor.dims.iter().rev().copied();
        self.untaken.take(name, dims, shape)?;
        Ok(tensor)
    }

    /// Adds the planes of a tensor, or of some of its rows under a name of their own, with their roots where these are known.
    fn add(
        &self,
        assembly: &mut Assembly,
        name: String,
        tensor: &Tensor,
    ) -> Result<Vec<Operand>, ImportError> {
        let cached = self.file.cached(&name, tensor);
        let bare = |plane: Plane| NamedPlane {
            name: format!("{name}{}", plane.suffix),
            dtype: plane.dtype,
            words: plane.words,
            root: None,
        };
        let made = || planes(self.file, tensor).into_iter();
        let planes = cached.unwrap_or_else(|| made().map(bare).collect());
        planes
            .into_iter()
            .map(|plane| add(assembly, plane))
            .collect()
    }
}

/// Adds a plane, which a window must hold.
fn add(assembly: &mut Assembly, plane: NamedPlane) -> Result<Operand, ImportError> {
    let got = (*plane.words).as_ref().len() as u64 * 4;
    let limit = WINDOW_BYTES as u64;
    if got > limit {
        let name = plane.name;
        return Err(ImportError::Whole { name, got, limit });
    }
    Ok(assembly.plane(plane))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_program::DType;

    #[test]
    fn a_plane_that_exceeds_a_window_is_refused_with_what_to_do() {
        let plane = |words: usize| NamedPlane {
            name: "blk.0.ffn_up_exps.weight".into(),
            dtype: DType::F32,
            // Never written, so without memory.
            words: Arc::new(vec![0u32; words]),
            root: None,
        };
        let fits = add(&mut Assembly::default(), plane(WINDOW_BYTES / 4));
        assert!(fits.is_ok());
        let refused = add(&mut Assembly::default(), plane(WINDOW_BYTES / 4 + 1));
        let error = refused.expect_err("a word too many").to_string();
        for part in [
            "\"blk.0.ffn_up_exps.weight\"",
            "268435460",
            "268435456",
            "fewer bits",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
