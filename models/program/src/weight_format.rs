//! How a matrix of weights is stored.

use crate::DType;

/// One plane of a matrix: an array of one element type, row-major, a tensor of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaneLayout {
    /// Element type.
    pub dtype: DType,
    /// Columns of the matrix that share an element.
    pub columns: u32,
}

/// Storage format of a weight matrix `[rows, cols]`. `docs/spec/numerics.md` says which number the planes' elements make.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightFormat {
    /// One plane of F32.
    F32 = 0,
    /// One plane of F16.
    F16 = 1,
    /// Signed bytes with a scale per 32: GGUF's Q8_0.
    Q8 = 2,
    /// Nibbles less 8 with a scale per 32: GGUF's Q4_0.
    Q4 = 3,
    /// One plane of BF16.
    BF16 = 4,
    /// Nibbles with a scale and a minimum per 32.
    Q4_1 = 5,
    /// Nibbles and a fifth bit, less 16, with a scale per 32.
    Q5_0 = 6,
    /// Nibbles and a fifth bit with a scale and a minimum per 32.
    Q5_1 = 7,
    /// Nibbles with a small scale and minimum per 32, which a scale each per 256 multiply.
    Q4K = 8,
    /// The same with a fifth bit.
    Q5K = 9,
    /// Nibbles and two more bits, less 32, with a signed small scale per 16, which a scale per 256 multiplies.
    Q6K = 10,
    /// Nibbles that name one of 16 values, with a scale per 32: GGUF's IQ4_NL.
    IQ4NL = 11,
}

/// One element for each column.
const fn each(dtype: DType) -> PlaneLayout {
    shared(dtype, 1)
}

/// One element for so many columns.
const fn shared(dtype: DType, columns: u32) -> PlaneLayout {
    PlaneLayout { dtype, columns }
}

impl WeightFormat {
    /// All formats, in the order of their codes.
    pub const ALL: [WeightFormat; 12] = [
        WeightFormat::F32,
        WeightFormat::F16,
        WeightFormat::Q8,
        WeightFormat::Q4,
        WeightFormat::BF16,
        WeightFormat::Q4_1,
        WeightFormat::Q5_0,
        WeightFormat::Q5_1,
        WeightFormat::Q4K,
        WeightFormat::Q5K,
        WeightFormat::Q6K,
        WeightFormat::IQ4NL,
    ];

    /// The format of a code.
    pub fn from_code(code: u32) -> Option<WeightFormat> {
        WeightFormat::ALL.get(code as usize).copied()
    }

    /// The planes, in the order in which a node lists them.
    pub const fn planes(self) -> &'static [PlaneLayout] {
        use DType::{BF16, F16, F32, I8, U1, U2, U4, U8};
        match self {
            WeightFormat::F32 => const { &[each(F32)] },
            WeightFormat::F16 => const { &[each(F16)] },
            WeightFormat::BF16 => const { &[each(BF16)] },
            WeightFormat::Q8 => const { &[each(I8), shared(F16, 32)] },
            WeightFormat::Q4 | WeightFormat::IQ4NL => const { &[each(U4), shared(F16, 32)] },
            WeightFormat::Q4_1 => const { &[each(U4), shared(F16, 32), shared(F16, 32)] },
            WeightFormat::Q5_0 => const { &[each(U4), each(U1), shared(F16, 32)] },
            WeightFormat::Q5_1 => const { &[each(U4), each(U1), shared(F16, 32), shared(F16, 32)] },
            WeightFormat::Q4K => {
                const {
                    &[
                        each(U4),
                        shared(U8, 32),
                        shared(U8, 32),
                        shared(F16, 256),
                        shared(F16, 256),
                    ]
                }
            }
            WeightFormat::Q5K => {
                const {
                    &[
                        each(U4),
                        each(U1),
                        shared(U8, 32),
                        shared(U8, 32),
                        shared(F16, 256),
                        shared(F16, 256),
                    ]
                }
            }
            WeightFormat::Q6K => const { &[each(U4), each(U2), shared(I8, 16), shared(F16, 256)] },
        }
    }

    /// Columns of a block: `cols` is a multiple of it.
    pub const fn block(self) -> u32 {
        match self {
            WeightFormat::F32 | WeightFormat::F16 | WeightFormat::BF16 => 1,
            WeightFormat::Q8
            | WeightFormat::Q4
            | WeightFormat::Q4_1
            | WeightFormat::Q5_0
            | WeightFormat::Q5_1
            | WeightFormat::IQ4NL => 32,
            WeightFormat::Q4K | WeightFormat::Q5K | WeightFormat::Q6K => 256,
        }
    }

    /// Whether the input vector is quantized before it is multiplied.
    pub const fn quantized(self) -> bool {
        self.block() > 1
    }
}
