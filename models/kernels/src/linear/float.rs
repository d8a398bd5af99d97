//! Weights in binary32 and its 16-bit formats: sums in 16 lanes.

use crate::num::{dot, dot_bf16, dot_f16, stored};

/// Rows of binary32 weights, the first at `weights[0]`.
pub(crate) fn f32_rows(weights: &[f32], x: &[f32], out: &mut [u32]) {
    for (word, row) in out.iter_mut().zip(weights.chunks_exact(x.len())) {
        *word = stored(dot(row, x));
    }
}

/// Rows of binary16 weights, the first at `weights[0]`.
pub(crate) fn f16_rows(weights: &[u16], x: &[f32], out: &mut [u32]) {
    for (word, row) in out.iter_mut().zip(weights.chunks_exact(x.len())) {
        *word = stored(dot_f16(row, x));
    }
}

/// Rows of weights that are upper halves of binary32, the first at `weights[0]`.
pub(crate) fn bf16_rows(weights: &[u16], x: &[f32], out: &mut [u32]) {
    for (word, row) in out.iter_mut().zip(weights.chunks_exact(x.len())) {
        *word = stored(dot_bf16(row, x));
    }
}
