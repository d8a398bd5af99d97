//! A matrix of weights in one of its storage formats, as planes of its node's inputs.

mod blocks;
mod quants;

pub(crate) use blocks::{Blocks, XBlock};

use crate::num::{bf16_to_f32, f16_to_f32};
use crate::view::{f32s, i8s, u8s, u16s};
use blocks::{HALF, Halved, Nested, Offset, SUPER, Scaled};
use core::ops::Range;
use gavel_program::WeightFormat;
use quants::{Bytes, Fives, FivesLess16, Named, Nibbles, NibblesLess8, SixesLess32};

/// Columns of a quantization block.
pub(crate) const BLOCK: usize = 32;

/// The planes of a matrix `[rows, cols]`, each cut to its length.
pub(crate) enum Matrix<'a> {
    F32(&'a [f32]),
    F16(&'a [u16]),
    BF16(&'a [u16]),
    Packed(Packed<'a>),
}

/// The planes of a quantized matrix.
pub(crate) enum Packed<'a> {
    Q8(Scaled<'a, Bytes<'a>>),
    Q4(Scaled<'a, NibblesLess8<'a>>),
    Q4_1(Offset<'a, Nibbles<'a>>),
    Q5_0(Scaled<'a, FivesLess16<'a>>),
    Q5_1(Offset<'a, Fives<'a>>),
    Q4K(Nested<'a, Nibbles<'a>>),
    Q5K(Nested<'a, Fives<'a>>),
    Q6K(Halved<'a, SixesLess32<'a>>),
    IQ4NL(Scaled<'a, Named<'a>>),
}

/// The planes among a node's inputs, to be cut to a number of the matrix's elements.
struct Planes<'i, 'a> {
    inputs: &'i [&'a [u32]],
    elements: usize,
}

impl<'a> Planes<'_, 'a> {
    /// 4-bit numbers.
    fn nibbles(&self, index: usize) -> &'a [u8] {
        &u8s(self.inputs[index])[..self.elements / 2]
    }

    /// Numbers of so many bits each.
    fn bits(&self, index: usize, bits: usize) -> &'a [u8] {
        &u8s(self.inputs[index])[..self.elements * bits / 8]
    }

    /// A 16-bit number for so many columns.
    fn halves(&self, index: usize, columns: usize) -> &'a [u16] {
        &u16s(self.inputs[index])[..self.elements / columns]
    }

    /// A byte for so many columns.
    fn bytes(&self, index: usize, columns: usize) -> &'a [u8] {
        &u8s(self.inputs[index])[..self.elements / columns]
    }

    /// A signed byte for so many columns.
    fn signed(&self, index: usize, columns: usize) -> &'a [i8] {
        &i8s(self.inputs[index])[..self.elements / columns]
    }

    fn scaled<Q>(&self, quants: Q, scales: usize) -> Scaled<'a, Q> {
        Scaled {
            quants,
            scales: self.halves(scales, BLOCK),
        }
    }

    fn offset<Q>(&self, quants: Q, scales: usize) -> Offset<'a, Q> {
        Offset {
            quants,
            scales: self.halves(scales, BLOCK),
            mins: self.halves(scales + 1, BLOCK),
        }
    }

    fn nested<Q>(&self, quants: Q, scales: usize) -> Nested<'a, Q> {
        Nested {
            quants,
            small_scales: self.bytes(scales, BLOCK),
            small_mins: self.bytes(scales + 1, BLOCK),
            scales: self.halves(scales + 2, SUPER),
            mins: self.halves(scales + 3, SUPER),
        }
    }

    fn fives(&self) -> Fives<'a> {
        Fives::new(self.nibbles(0), self.bits(1, 1))
    }
}

impl<'a> Matrix<'a> {
    /// The planes among `inputs`, for a format and a number of elements in the node's domain.
    pub(crate) fn new(format: WeightFormat, inputs: &[&'a [u32]], elements: usize) -> Self {
        let planes = Planes { inputs, elements };
        let nibbles = || Nibbles::new(planes.nibbles(0));
        Matrix::Packed(match format {
            WeightFormat::F32 => return Matrix::F32(&f32s(inputs[0])[..elements]),
            WeightFormat::F16 => return Matrix::F16(planes.halves(0, 1)),
            WeightFormat::BF16 => return Matrix::BF16(planes.halves(0, 1)),
            WeightFormat::Q8 => Packed::Q8(planes.scaled(Bytes::new(planes.signed(0, 1)), 1)),
            WeightFormat::Q4 => Packed::Q4(planes.scaled(nibbles().less_8(), 1)),
            WeightFormat::Q4_1 => Packed::Q4_1(planes.offset(nibbles(), 1)),
            WeightFormat::Q5_0 => Packed::Q5_0(planes.scaled(planes.fives().less_16(), 2)),
            WeightFormat::Q5_1 => Packed::Q5_1(planes.offset(planes.fives(), 2)),
            WeightFormat::Q4K => Packed::Q4K(planes.nested(nibbles(), 1)),
            WeightFormat::Q5K => Packed::Q5K(planes.nested(planes.fives(), 2)),
            WeightFormat::Q6K => Packed::Q6K(Halved {
                quants: SixesLess32::new(planes.nibbles(0), planes.bits(1, 2)),
                small_scales: planes.signed(2, HALF),
                scales: planes.halves(3, SUPER),
            }),
            WeightFormat::IQ4NL => Packed::IQ4NL(planes.scaled(nibbles().named(), 1)),
        })
    }

    /// Calls `put` with each of the numbers that the elements `range` stand for, in order.
    pub(crate) fn elements(&self, range: Range<usize>, put: impl FnMut(f32)) {
        match self {
            Matrix::F32(plane) => plane[range].iter().copied().for_each(put),
            Matrix::F16(plane) => plane[range].iter().map(|h| f16_to_f32(*h)).for_each(put),
            Matrix::BF16(plane) => plane[range].iter().map(|h| bf16_to_f32(*h)).for_each(put),
            Matrix::Packed(packed) => each(packed.blocks(), range, put),
        }
    }
}

impl Packed<'_> {
    fn blocks(&self) -> &dyn Blocks {
        match self {
            Packed::Q8(blocks) => blocks,
            Packed::Q4(blocks) => blocks,
            Packed::Q4_1(blocks) => blocks,
            Packed::Q5_0(blocks) => blocks,
            Packed::Q5_1(blocks) => blocks,
            Packed::Q4K(blocks) => blocks,
            Packed::Q5K(blocks) => blocks,
            Packed::Q6K(blocks) => blocks,
            Packed::IQ4NL(blocks) => blocks,
        }
    }
}

/// The elements of quantized weights, block by block.
fn each(blocks: &dyn Blocks, range: Range<usize>, mut put: impl FnMut(f32)) {
    let mut at = range.start;
    while at < range.end {
        let values = blocks.values(at / BLOCK);
        let within = at % BLOCK;
        let end = (within + (range.end - at)).min(BLOCK);
        values[within..end].iter().copied().for_each(&mut put);
        at += end - within;
    }
}
