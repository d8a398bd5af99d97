//! How a matrix of weights is stored.

use crate::DType;

/// Storage format of a weight matrix `[rows, cols]`. Quantized formats have two planes, each a
/// tensor of its own: the quants, then one F16 scale per block of 32 columns, `[rows, cols / 32]`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightFormat {
    /// One plane of F32.
    F32 = 0,
    /// One plane of F16.
    F16 = 1,
    /// I8 quants and F16 scales.
    Q8 = 2,
    /// U4 quants and F16 scales.
    Q4 = 3,
}

impl WeightFormat {
    /// The format of a code.
    pub fn from_code(code: u32) -> Option<WeightFormat> {
        [
            WeightFormat::F32,
            WeightFormat::F16,
            WeightFormat::Q8,
            WeightFormat::Q4,
        ]
        .get(code as usize)
        .copied()
    }

    /// Element types of the planes, in the order in which a node lists them.
    pub const fn planes(self) -> &'static [DType] {
        match self {
            WeightFormat::F32 => &[DType::F32],
            WeightFormat::F16 => &[DType::F16],
            WeightFormat::Q8 => &[DType::I8, DType::F16],
            WeightFormat::Q4 => &[DType::U4, DType::F16],
        }
    }

    /// Columns of a block: `cols` is a multiple of it.
    pub const fn block(self) -> u32 {
        match self {
            WeightFormat::F32 | WeightFormat::F16 => 1,
            WeightFormat::Q8 | WeightFormat::Q4 => 32,
        }
    }
}
