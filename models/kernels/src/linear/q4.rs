//! Weights as nibbles, the value plus 8, with a binary16 scale per block of 32.

use super::quantize::Quantized;
use crate::matrix::{BLOCK, NIBBLE_BYTES, Q4};
use crate::num::{f16_to_f32, stored};

/// Rows from `first` on.
pub(crate) fn rows(weights: &Q4, first: usize, x: &Quantized, out: &mut [u32]) {
    let blocks = x.scales.len();
    let nibbles = weights.nibbles.as_chunks::<NIBBLE_BYTES>().0;
    for (row, word) in out.iter_mut().enumerate() {
        let at = (first + row) * blocks;
        let row = at..at + blocks;
        *word = stored(dot(&nibbles[row.clone()], &weights.scales[row], x));
    }
}

/// The sum over the blocks, in order, of the blocks' exact integer sums times the product of the scales.
fn dot(nibbles: &[[u8; NIBBLE_BYTES]], scales: &[u16], x: &Quantized) -> f32 {
    let mut total = 0.0;
    let weights = nibbles.iter().zip(scales);
    for ((w, scale), (x, x_scale)) in weights.zip(x.quants.iter().zip(x.scales)) {
        total += block_sum(w, x) as f32 * (f16_to_f32(*scale) * x_scale);
    }
    total
}

/// Byte j holds element j in its low and element j + 16 in its high half.
fn block_sum(w: &[u8; NIBBLE_BYTES], x: &[i8; BLOCK]) -> i32 {
    let (low, high) = x.split_at(NIBBLE_BYTES);
    let mut sum = 0;
    for ((byte, low), high) in w.iter().zip(low).zip(high) {
        sum += (i32::from(byte & 15) - 8) * i32::from(*low);
        sum += (i32::from(byte >> 4) - 8) * i32::from(*high);
    }
    sum
}
