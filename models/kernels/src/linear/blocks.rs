//! Quantized weights: exact integer sums per block of 32 columns, scaled and added in order.

use super::quantize::Quantized;
use crate::matrix::Blocks;
use crate::num::stored;

/// Rows from `first` on.
pub(crate) fn rows(weights: &impl Blocks, first: usize, x: &Quantized, out: &mut [u32]) {
    let blocks = x.blocks().len();
    for (row, word) in out.iter_mut().enumerate() {
        let at = (first + row) * blocks;
        let mut total = 0.0;
        for (block, x) in x.blocks().enumerate() {
            total += weights.term(at + block, &x);
        }
        *word = stored(total);
    }
}
