//! The input vector of a quantized matrix: per block of 32 signed bytes, their sum and one binary16 scale.

use crate::matrix::{BLOCK, XBlock};
use crate::num::canon::MAGNITUDE;
use crate::num::round::{ROUNDER, integer};
use crate::num::{f16_to_f32, f32_to_f16};
use crate::view::{f32s, f32s_mut, i8s, i8s_mut, i32s, i32s_mut};
use core::num::FpCategory;

/// Words of a block of quants.
const QUANT_WORDS: usize = BLOCK / 4;

/// A quantized vector: element i is about `quants[i] * scales[i / 32]`.
pub(crate) struct Quantized<'a> {
    quants: &'a [[i8; BLOCK]],
    /// The blocks' sums of quants.
    sums: &'a [i32],
    /// The blocks' scales: binary16 numbers.
    scales: &'a [f32],
}

impl Quantized<'_> {
    /// The blocks, in order.
    pub(crate) fn blocks(&self) -> impl ExactSizeIterator<Item = XBlock<'_>> {
        let numbers = self.sums.iter().zip(self.scales);
        let blocks = self.quants.iter().zip(numbers);
        blocks.map(|(quants, (sum, scale))| XBlock {
            quants,
            sum: *sum,
            scale: *scale,
        })
    }
}

/// Quantizes `x`, a multiple of 32 long, into scratch: quants, sums, scales.
pub(crate) fn quantize<'a>(x: &[f32], scratch: &'a mut [u32]) -> Quantized<'a> {
    let blocks = x.len() / BLOCK;
    let (quants, rest) = scratch.split_at_mut(blocks * QUANT_WORDS);
    let (sums, rest) = rest.split_at_mut(blocks);
    let scales = &mut rest[..blocks];
    let x_blocks = x.as_chunks::<BLOCK>().0;
    let quant_blocks = i8s_mut(quants).as_chunks_mut::<BLOCK>().0;
    let numbers = i32s_mut(sums).iter_mut().zip(f32s_mut(scales));
    for ((x, quants), (sum, scale)) in x_blocks.iter().zip(quant_blocks).zip(numbers) {
        *scale = quantize_block(x, quants);
        *sum = quants.iter().map(|quant| i32::from(*quant)).sum();
    }
    Quantized {
        quants: i8s(quants).as_chunks().0,
        sums: i32s(sums),
        scales: f32s(scales),
    }
}

/// Quantizes a block and gives its scale. A scale of zero, infinity or NaN has zero quants.
fn quantize_block(x: &[f32; BLOCK], quants: &mut [i8; BLOCK]) -> f32 {
    let exact = largest_magnitude(x) / 127.0;
    let scale = f16_to_f32(f32_to_f16(exact));
    match scale.classify() {
        FpCategory::Nan | FpCategory::Infinite | FpCategory::Zero => quants.fill(0),
        FpCategory::Normal | FpCategory::Subnormal => {
            let inverse = 1.0 / exact;
            for (quant, x) in quants.iter_mut().zip(x) {
                *quant = nearest(x * inverse);
            }
        }
    }
    scale
}

/// The largest |x|, a NaN if there is one: magnitudes order as their bits do, and NaNs above all.
fn largest_magnitude(x: &[f32; BLOCK]) -> f32 {
    let mut largest = 0;
    for x in x {
        largest = largest.max(x.to_bits() & MAGNITUDE);
    }
    f32::from_bits(largest)
}

/// The nearest integer, ties to even, of a number not much beyond ±127.
fn nearest(x: f32) -> i8 {
    integer(x + ROUNDER) as i8
}
