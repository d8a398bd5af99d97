//! Takes a file's tensors by name, each with the shape that the model asks for.

use crate::ImportError;
use crate::assemble::Assembly;
use crate::cache::NamedPlane;
use crate::fields::missing;
use crate::file::ModelFile;
use crate::gguf::{Gguf, Tensor, TensorType};
use crate::planes::{Plane, format, planes};
use gavel_program::boot::WINDOW_BYTES;
use gavel_program::{Operand, WeightFormat};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

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
    family: &'static str,
    unused: BTreeSet<&'a str>,
}

impl<'a> Matrices<'a> {
    /// All tensors of a file of a family.
    pub(crate) fn new(file: &'a Arc<ModelFile>, gguf: &'a Gguf<'a>, family: &'static str) -> Self {
        Matrices {
            file,
            gguf,
            family,
            unused: gguf.tensors().map(|tensor| tensor.name).collect(),
        }
    }

    /// Whether the file has a tensor.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.gguf.tensor(name).is_some()
    }

    /// Adds a matrix `[rows, cols]` to the weights.
    pub(crate) fn take(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        rows: u32,
        cols: u32,
    ) -> Result<Matrix, ImportError> {
        let tensor = self.find(name, &[rows, cols])?;
        Ok(Matrix {
            format: format(tensor.kind),
            planes: self.add(assembly, tensor)?,
        })
    }

    /// Adds the matrices `[rows, cols]` of all experts, one after the other, to the weights.
    pub(crate) fn take_experts(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: [u32; 3],
    ) -> Result<Matrix, ImportError> {
        let tensor = self.find(name, &shape)?;
        Ok(Matrix {
            format: format(tensor.kind),
            planes: self.add(assembly, tensor)?,
        })
    }

    /// Adds some rows of a matrix `[rows, cols]` to the weights, as a matrix of their own.
    pub(crate) fn take_rows(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: [u32; 2],
        part: Range<u32>,
    ) -> Result<Matrix, ImportError> {
        let tensor = self.find(name, &shape)?;
        let rows = tensor.rows(part.start as usize..part.end as usize);
        let name = |plane: &Plane| format!("{name}[{}..{}]{}", part.start, part.end, plane.suffix);
        let planes = planes(self.file, &rows).into_iter();
        let planes = planes.map(|plane| bare(name(&plane), plane)).collect();
        Ok(Matrix {
            format: format(tensor.kind),
            planes: add(assembly, planes)?,
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
        Ok(self.add(assembly, tensor)?[0])
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
        match self.unused.first() {
            None => Ok(()),
            Some(name) => Err(ImportError::Unknown {
                what: "tensor",
                name: (*name).into(),
                family: self.family,
            }),
        }
    }

    /// A tensor by name and shape, slowest dimension first.
    fn find(&mut self, name: &str, shape: &[u32]) -> Result<&'a Tensor<'a>, ImportError> {
        let tensor = self
            .gguf
            .tensor(name)
            .ok_or_else(|| missing(name, "a tensor"))?;
        let got: Vec<u64> = tensor.dims.iter().rev().copied().collect();
        let expected: Vec<u64> = shape.iter().map(|dim| u64::from(*dim)).collect();
        if got != expected {
            return Err(ImportError::Shape {
                tensor: name.into(),
                got,
                expected,
            });
        }
        self.unused.remove(name);
        Ok(tensor)
    }

    /// Adds a tensor's planes, with their roots where these are known.
    fn add(&self, assembly: &mut Assembly, tensor: &Tensor) -> Result<Vec<Operand>, ImportError> {
        let cached = self.file.cached(tensor);
        let name = |plane: &Plane| format!("{}{}", tensor.name, plane.suffix);
        let made = || planes(self.file, tensor).into_iter();
        let planes =
            cached.unwrap_or_else(|| made().map(|plane| bare(name(&plane), plane)).collect());
        add(assembly, planes)
    }
}

/// Adds planes, each of which a window must hold.
fn add(assembly: &mut Assembly, planes: Vec<NamedPlane>) -> Result<Vec<Operand>, ImportError> {
    let add = |plane: NamedPlane| {
        let (got, limit) = (
            (*plane.words).as_ref().len() as u64 * 4,
            WINDOW_BYTES as u64,
        );
        if got > limit {
            let name = plane.name;
            return Err(ImportError::TooLarge { name, got, limit });
        }
        Ok(assembly.plane(plane))
    };
    planes.into_iter().map(add).collect()
}

/// A plane whose root isn't known.
fn bare(name: String, plane: Plane) -> NamedPlane {
    NamedPlane {
        name,
        dtype: plane.dtype,
        words: plane.words,
        root: None,
    }
}
