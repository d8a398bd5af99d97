//! Tensors: their types, shapes and places in the file.

use super::limits::{MAX_DIMS, MAX_NAME_BYTES, MAX_TENSOR_BYTES};
use super::{GgufError, Reader};

/// Elements of a quantization block.
pub const BLOCK: usize = 32;

/// Storage types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorType {
    /// IEEE-754 binary32.
    F32,
    /// IEEE-754 binary16.
    F16,
    /// Blocks of 32: an F16 scale, then 32 signed bytes.
    Q8_0,
    /// Blocks of 32: an F16 scale, then 16 bytes of nibbles, byte j holding elements j and j + 16.
    Q4_0,
}

/// Names of the format's tensor types, by code; gaps are types that were withdrawn.
const NAMES: [(u32, &str); 33] = [
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (6, "Q5_0"),
    (7, "Q5_1"),
    (8, "Q8_0"),
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (12, "Q4_K"),
    (13, "Q5_K"),
    (14, "Q6_K"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (30, "BF16"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (39, "MXFP4"),
    (40, "NVFP4"),
];

impl TensorType {
    /// All that are read.
    pub const ALL: [TensorType; 4] = [
        TensorType::F32,
        TensorType::F16,
        TensorType::Q8_0,
        TensorType::Q4_0,
    ];

    /// The format's code.
    pub const fn code(self) -> u32 {
        match self {
            TensorType::F32 => 0,
            TensorType::F16 => 1,
            TensorType::Q4_0 => 2,
            TensorType::Q8_0 => 8,
        }
    }

    /// Elements of a block; rows are whole blocks.
    pub const fn block(self) -> u64 {
        match self {
            TensorType::F32 | TensorType::F16 => 1,
            TensorType::Q8_0 | TensorType::Q4_0 => BLOCK as u64,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> u64 {
        match self {
            TensorType::F32 => 4,
            TensorType::F16 => 2,
            TensorType::Q8_0 => 2 + BLOCK as u64,
            TensorType::Q4_0 => 2 + BLOCK as u64 / 2,
        }
    }

    fn from_code(tensor: &str, code: u32) -> Result<Self, GgufError> {
        let supported = || {
            TensorType::ALL
                .map(|kind| type_name(kind.code()))
                .join(", ")
        };
        TensorType::ALL
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or_else(|| GgufError::TensorType {
                tensor: tensor.into(),
                got: type_name(code),
                supported: supported(),
            })
    }
}

/// The name of a tensor type.
fn type_name(code: u32) -> String {
    match NAMES.iter().find(|(known, _)| *known == code) {
        Some((_, name)) => (*name).into(),
        None => format!("number {code}"),
    }
}

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
        let kind = TensorType::from_code(name, reader.u32("a tensor's type")?)?;
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

    /// The tensor's place in the file.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.bytes
    }
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
