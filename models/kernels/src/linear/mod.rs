//! Matrix times vector: float weights in lanes, quantized ones block by block.

mod blocks;
mod float;
mod quantize;

use crate::matrix::{Matrix, Packed};
use crate::view::f32s;
use blocks::rows;
use core::ops::Range;
use gavel_program::op::Linear;
use quantize::{Quantized, quantize};

/// The elements of the output that a matrix, or a shard of one, gives.
pub(crate) fn outputs(p: &Linear) -> Range<usize> {
    let before = p.before as usize;
    before..before + p.rows as usize
}

/// `out[before + r] = W[r] . x`.
#[inline(never)]
pub(crate) fn linear(
    p: &Linear,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let cols = p.cols as usize;
    let x = &f32s(inputs[0])[..cols];
    let matrix = Matrix::new(p.format, &inputs[1..], p.rows as usize * cols);
    rows_of(&matrix, range.start - p.before as usize, x, out, scratch);
}

/// The rows of a matrix from `first` on times `x`, as many as `out` has words.
pub(crate) fn rows_of(
    matrix: &Matrix<'_>,
    first: usize,
    x: &[f32],
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let at = first * x.len();
    match matrix {
        Matrix::F32(weights) => float::f32_rows(&weights[at..], x, out),
        Matrix::F16(weights) => float::f16_rows(&weights[at..], x, out),
        Matrix::BF16(weights) => float::bf16_rows(&weights[at..], x, out),
        Matrix::Packed(weights) => packed(weights, first, &quantize(x, scratch), out),
    }
}

/// Rows of quantized weights from `first` on.
fn packed(weights: &Packed, first: usize, x: &Quantized, out: &mut [u32]) {
    match weights {
        Packed::Q8(weights) => rows(weights, first, x, out),
        Packed::Q4(weights) => rows(weights, first, x, out),
        Packed::Q4_1(weights) => rows(weights, first, x, out),
        Packed::Q5_0(weights) => rows(weights, first, x, out),
        Packed::Q5_1(weights) => rows(weights, first, x, out),
        Packed::Q4K(weights) => rows(weights, first, x, out),
        Packed::Q5K(weights) => rows(weights, first, x, out),
        Packed::Q6K(weights) => rows(weights, first, x, out),
        Packed::IQ4NL(weights) => rows(weights, first, x, out),
    }
}
