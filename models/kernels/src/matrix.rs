//! A matrix of weights in one of its storage formats, as planes of its node's inputs.

use crate::num::f16_to_f32;
use crate::view::{f32s, i8s, u8s, u16s};
use gavel_program::WeightFormat;

/// Columns of a quantization block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block of 4-bit quants.
pub(crate) const NIBBLE_BYTES: usize = BLOCK / 2;

/// The planes of a matrix `[rows, cols]`, each cut to its length.
pub(crate) enum Matrix<'a> {
    F32(&'a [f32]),
    F16(&'a [u16]),
    Q8(Q8<'a>),
    Q4(Q4<'a>),
}

/// Signed bytes `[rows, cols]` and binary16 scales `[rows, cols / 32]`.
pub(crate) struct Q8<'a> {
    pub(crate) quants: &'a [i8],
    pub(crate) scales: &'a [u16],
}

/// Nibbles `[rows, cols]` and binary16 scales `[rows, cols / 32]`.
pub(crate) struct Q4<'a> {
    pub(crate) nibbles: &'a [u8],
    pub(crate) scales: &'a [u16],
}

impl<'a> Matrix<'a> {
    /// The planes among `inputs`, for a format and a number of elements in the node's domain.
    pub(crate) fn new(format: WeightFormat, inputs: &[&'a [u32]], elements: usize) -> Self {
        match format {
            WeightFormat::F32 => Matrix::F32(&f32s(inputs[0])[..elements]),
            WeightFormat::F16 => Matrix::F16(&u16s(inputs[0])[..elements]),
            WeightFormat::Q8 => Matrix::Q8(Q8 {
                quants: &i8s(inputs[0])[..elements],
                scales: &u16s(inputs[1])[..elements / BLOCK],
            }),
            WeightFormat::Q4 => Matrix::Q4(Q4 {
                nibbles: &u8s(inputs[0])[..elements / 2],
                scales: &u16s(inputs[1])[..elements / BLOCK],
            }),
        }
    }

    /// The number that an element stands for.
    pub(crate) fn element(&self, index: usize) -> f32 {
        match self {
            Matrix::F32(plane) => plane[index],
            Matrix::F16(plane) => f16_to_f32(plane[index]),
            Matrix::Q8(planes) => {
                f32::from(planes.quants[index]) * f16_to_f32(planes.scales[index / BLOCK])
            }
            Matrix::Q4(planes) => {
                f32::from(planes.quant(index)) * f16_to_f32(planes.scales[index / BLOCK])
            }
        }
    }
}

impl Q4<'_> {
    /// The quant of an element: its nibble minus 8.
    fn quant(&self, index: usize) -> i8 {
        let within = index % BLOCK;
        let byte = self.nibbles[index / BLOCK * NIBBLE_BYTES + within % NIBBLE_BYTES];
        let nibble = if within < NIBBLE_BYTES {
            byte & 15
        } else {
            byte >> 4
        };
        nibble as i8 - 8
    }
}
