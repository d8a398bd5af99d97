//! What a block of 32 columns adds to a dot product, and the numbers that it stands for, by how a format scales its integers.

use super::BLOCK;
use super::quants::{Quants, products};
use crate::num::f16_to_f32;

/// Columns of a super-block.
pub(crate) const SUPER: usize = 256;
/// Columns that share a small scale of Q6K.
pub(crate) const HALF: usize = BLOCK / 2;
/// Blocks of a super-block.
const BLOCKS: usize = SUPER / BLOCK;

/// A block of a quantized vector.
pub(crate) struct XBlock<'a> {
    pub(crate) quants: &'a [i8; BLOCK],
    /// The sum of the quants.
    pub(crate) sum: i32,
    /// A binary16 number.
    pub(crate) scale: f32,
}

/// Quantized weights, block by block.
pub(crate) trait Blocks {
    /// What a block's product with one of the input vector adds to the row's sum.
    fn term(&self, index: usize, x: &XBlock) -> f32;

    /// The numbers that a block stands for.
    fn values(&self, index: usize) -> [f32; BLOCK];
}

/// Integers with a binary16 scale per block.
pub(crate) struct Scaled<'a, Q> {
    pub(crate) quants: Q,
    pub(crate) scales: &'a [u16],
}

/// Integers with a binary16 scale and minimum per block.
pub(crate) struct Offset<'a, Q> {
    pub(crate) quants: Q,
    pub(crate) scales: &'a [u16],
    pub(crate) mins: &'a [u16],
}

/// Integers with a small scale and minimum per block, which two binary16 scales per super-block multiply.
pub(crate) struct Nested<'a, Q> {
    pub(crate) quants: Q,
    pub(crate) small_scales: &'a [u8],
    pub(crate) small_mins: &'a [u8],
    pub(crate) scales: &'a [u16],
    pub(crate) mins: &'a [u16],
}

/// Integers with a small scale per half block, which a binary16 scale per super-block multiplies.
pub(crate) struct Halved<'a, Q> {
    pub(crate) quants: Q,
    pub(crate) small_scales: &'a [i8],
    pub(crate) scales: &'a [u16],
}

/// Added to a number, even to either zero, it leaves the number as it is.
const NOTHING: f32 = -0.0;

/// `q * scale + offset` of each integer. One function for all formats: the guest is smaller, and what a format doesn't add is [`NOTHING`].
#[inline(never)]
fn line(quants: &[i8], scale: f32, offset: f32, values: &mut [f32]) {
    for (value, quant) in values.iter_mut().zip(quants) {
        *value = f32::from(*quant) * scale + offset;
    }
}

impl<Q: Quants> Blocks for Scaled<'_, Q> {
    fn term(&self, index: usize, x: &XBlock) -> f32 {
        let sum = self.quants.dot(index, x.quants);
        sum as f32 * (f16_to_f32(self.scales[index]) * x.scale)
    }

    fn values(&self, index: usize) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        let scale = f16_to_f32(self.scales[index]);
        line(&self.quants.block(index), scale, NOTHING, &mut values);
        values
    }
}

impl<Q: Quants> Blocks for Offset<'_, Q> {
    fn term(&self, index: usize, x: &XBlock) -> f32 {
        let sum = self.quants.dot(index, x.quants);
        sum as f32 * (f16_to_f32(self.scales[index]) * x.scale)
            + x.sum as f32 * (f16_to_f32(self.mins[index]) * x.scale)
    }

    fn values(&self, index: usize) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        let (scale, min) = (f16_to_f32(self.scales[index]), f16_to_f32(self.mins[index]));
        line(&self.quants.block(index), scale, min, &mut values);
        values
    }
}

impl<Q: Quants> Blocks for Nested<'_, Q> {
    fn term(&self, index: usize, x: &XBlock) -> f32 {
        let outer = index / BLOCKS;
        let sum = i32::from(self.small_scales[index]) * self.quants.dot(index, x.quants);
        let offset = i32::from(self.small_mins[index]) * x.sum;
        sum as f32 * (f16_to_f32(self.scales[outer]) * x.scale)
            - offset as f32 * (f16_to_f32(self.mins[outer]) * x.scale)
    }

    fn values(&self, index: usize) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        let outer = index / BLOCKS;
        let scale = f16_to_f32(self.scales[outer]) * f32::from(self.small_scales[index]);
        let min = f16_to_f32(self.mins[outer]) * f32::from(self.small_mins[index]);
        line(&self.quants.block(index), scale, -min, &mut values);
        values
    }
}

impl<Q: Quants> Blocks for Halved<'_, Q> {
    fn term(&self, index: usize, x: &XBlock) -> f32 {
        let [first, second] = self.small_scales(index).map(i32::from);
        let quants = self.quants.block(index);
        let (low, high) = quants.split_at(HALF);
        let (x_low, x_high) = x.quants.split_at(HALF);
        let sum = first * products(low, x_low) + second * products(high, x_high);
        sum as f32 * (f16_to_f32(self.scales[index / BLOCKS]) * x.scale)
    }

    fn values(&self, index: usize) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        let outer = f16_to_f32(self.scales[index / BLOCKS]);
        let quants = self.quants.block(index);
        let halves = values.chunks_exact_mut(HALF).zip(quants.chunks_exact(HALF));
        for ((values, quants), small) in halves.zip(self.small_scales(index)) {
            line(quants, outer * f32::from(small), NOTHING, values);
        }
        values
    }
}

impl<Q> Halved<'_, Q> {
    /// The small scales of a block's halves.
    fn small_scales(&self, index: usize) -> [i8; 2] {
        [
            self.small_scales[2 * index],
            self.small_scales[2 * index + 1],
        ]
    }
}
