//! Weights as signed bytes with a binary16 scale per block of 32.

use super::quantize::Quantized;
use crate::matrix::{BLOCK, Q8};
use crate::num::{f16_to_f32, stored};

/// Rows from `first` on.
pub(crate) fn rows(weights: &Q8, first: usize, x: &Quantized, out: &mut [u32]) {
    let blocks = x.scales.len();
    let quants = weights.quants.as_chunks::<BLOCK>().0;
    for (row, word) in out.iter_mut().enumerate() {
        let at = (first + row) * blocks;
        let row = at..at + blocks;
        *word = stored(dot(&quants[row.clone()], &weights.scales[row], x));
    }
}

/// The sum over the blocks, in order, of the blocks' exact integer sums times the product of the scales.
fn dot(quants: &[[i8; BLOCK]], scales: &[u16], x: &Quantized) -> f32 {
    let mut total = 0.0;
    let weights = quants.iter().zip(scales);
    for ((w, scale), (x, x_scale)) in weights.zip(x.quants.iter().zip(x.scales)) {
        total += block_sum(w, x) as f32 * (f16_to_f32(*scale) * x_scale);
    }
    total
}

fn block_sum(w: &[i8; BLOCK], x: &[i8; BLOCK]) -> i32 {
    let mut sum = 0;
    for (w, x) in w.iter().zip(x) {
        sum += i32::from(*w) * i32::from(*x);
    }
    sum
}
