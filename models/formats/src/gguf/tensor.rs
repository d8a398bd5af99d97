//! Tensors: their shapes and places in the file.

use super::limits::{MAX_DIMS, MAX_NAME_BYTES, MAX_TENSOR_BYTES};
use super::tensor_type::type_name;
use super::{GgufError, Reader, TensorType};

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its storage type.
    pub kind: TensorType,
    /// Its dimensions as in the file: the contiguous one first.
    pub dims: Vec<u64>,
    /// Offset within the data section.
    pub(crate) offset: u64,
    /// First byte in the file; known once the header is read.
    pub(crate) start: usize,
    /// Bytes of data.
    pub(crate) bytes: usize,
}

impl<'a> Tensor<'a> {
    /// Reads an entry of the tensor table.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, GgufError> {
        let name = reader.text("a tensor's name", MAX_NAME_BYTES)?;
        let at = reader.at();
        let count = reader.u32("a tensor's number of dimensions")?;
        if count > MAX_DIMS {
            return Err(GgufError::Limit {
                what: "a tensor's number of dimensions",
                at,
                got: count.into(),
                limit: MAX_DIMS.into(),
            });
        }
        let dims = (0..count)
            .map(|_| reader.u64("a tensor's dimension"))
            .collect::<Result<Vec<u64>, _>>()?;
        let kind = supported(name, reader.u32("a tensor's type")?)?;
        let offset = reader.u64("a tensor's offset")?;
        let bytes = data_bytes(name, kind, &dims)?;
        Ok(Tensor {
            name,
            kind,
            dims,
            offset,
            start: 0,
            bytes,
        })
    }

    /// The elements of all dimensions.
    pub fn elements(&self) -> usize {
        self.dims.iter().product::<u64>() as usize
    }

    /// Some rows of a matrix.
    ///
    /// # Panics
    /// If the tensor has not two dimensions, or fewer rows.
    pub(crate) fn rows(&self, rows: std::ops::Range<usize>) -> Tensor<'a> {
        let all = self.dims[1] as usize;
        assert!(self.dims.len() == 2 && rows.end <= all, "rows of a matrix");
        let row_bytes = self.bytes / all;
        Tensor {
            dims: vec![self.dims[0], rows.len() as u64],
            offset: self.offset + (rows.start * row_bytes) as u64,
            start: self.start + rows.start * row_bytes,
            bytes: rows.len() * row_bytes,
            ..self.clone()
        }
    }

    /// The tensor's place in the file.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.bytes
    }
}

/// The type of a code.
fn supported(tensor: &str, code: u32) -> Result<TensorType, GgufError> {
    TensorType::from_code(code).ok_or_else(|| GgufError::TensorType {
        tensor: tensor.into(),
        got: type_name(code),
        supported: TensorType::ALL.map(TensorType::name).join(", "),
    })
}

/// Bytes of a tensor's data.
fn data_bytes(name: &str, kind: TensorType, dims: &[u64]) -> Result<usize, GgufError> {
    let wrong = |expected: String| GgufError::Dims {
        tensor: name.into(),
        dims: dims.to_vec(),
        expected,
    };
    if dims.is_empty() || dims.contains(&0) {
        return Err(wrong("at least one, none of them 0".into()));
    }
    if !dims[0].is_multiple_of(kind.block()) {
        return Err(wrong(format!("the first a multiple of {}", kind.block())));
    }
    let elements = dims
        .iter()
        .try_fold(1u64, |product, dim| product.checked_mul(*dim));
    let got = elements
        .and_then(|elements| (elements / kind.block()).checked_mul(kind.block_bytes()))
        .unwrap_or(u64::MAX);
    if got > MAX_TENSOR_BYTES {
        return Err(GgufError::TensorBytes {
            tensor: name.into(),
            got,
            limit: MAX_TENSOR_BYTES,
        });
    }
    Ok(got as usize)
}
