//! Operators on corresponding elements.

use crate::num::{exp, stored};
use crate::view::f32s;
use core::ops::Range;

/// `out[i] = a[i] + b[i]`.
#[inline(never)]
pub(crate) fn add(inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    pairwise(inputs, range, out, |a, b| a + b);
}

/// `out[i] = silu(gate[i]) * up[i]`.
#[inline(never)]
pub(crate) fn swiglu(inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    pairwise(inputs, range, out, |gate, up| silu(gate) * up);
}

/// `x / (1 + e^-x)`.
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

fn pairwise(
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    operation: impl Fn(f32, f32) -> f32,
) {
    let a = &f32s(inputs[0])[range.clone()];
    let b = &f32s(inputs[1])[range];
    for ((word, a), b) in out.iter_mut().zip(a).zip(b) {
        *word = stored(operation(*a, *b));
    }
}
