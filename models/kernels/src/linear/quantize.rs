//! The input vector of a quantized matrix: per block of 32 signed bytes and one binary16 scale.

use crate::matrix::BLOCK;
use crate::num::canon::MAGNITUDE;
use crate::num::round::{ROUNDER, integer};
use crate::num::{f16_to_f32, f32_to_f16};
use crate::view::{f32s, f32s_mut, i8s, i8s_mut};
use core::num::FpCategory;

/// Words of a block of quants.
const QUANT_WORDS: usize = BLOCK / 4;

/// A quantized vector: element i is about `quants[i] * scales[i / 32]`.
pub(crate) struct Quantized<'a> {
    pub(crate) quants: &'a [[i8; BLOCK]],
    /// The blocks' scales: binary16 numbers.
    pub(crate) scales: &'a [f32],
}

/// Quantizes `x`, a multiple of 32 long, into scratch.
pub(crate) fn quantize<'a>(x: &[f32], scratch: &'a mut [u32]) -> Quantized<'a> {
    let blocks = x.len() / BLOCK;
    let (quants, scales) = scratch[..blocks * (QUANT_WORDS + 1)].split_at_mut(blocks * QUANT_WORDS);
    let x_blocks = x.as_chunks::<BLOCK>().0;
    let quant_blocks = i8s_mut(quants).as_chunks_mut::<BLOCK>().0;
    for ((x, quants), scale) in x_blocks.iter().zip(quant_blocks).zip(f32s_mut(scales)) {
        *scale = quantize_block(x, quants);
    }
    Quantized {
        quants: i8s(quants).as_chunks().0,
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
