//! Matrix times vector, one file per storage format.

mod float;
mod q4;
mod q8;
mod quantize;

use crate::matrix::Matrix;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::Linear;

/// `out[r] = W[r] . x`.
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
    match Matrix::new(p.format, &inputs[1..], p.rows as usize * cols) {
        Matrix::F32(weights) => float::f32_rows(&weights[range.start * cols..], x, out),
        Matrix::F16(weights) => float::f16_rows(&weights[range.start * cols..], x, out),
        Matrix::Q8(weights) => {
            q8::rows(&weights, range.start, &quantize::quantize(x, scratch), out)
        }
        Matrix::Q4(weights) => {
            q4::rows(&weights, range.start, &quantize::quantize(x, scratch), out)
        }
    }
}
