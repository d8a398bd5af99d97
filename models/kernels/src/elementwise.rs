//! Operators on corresponding elements.

use crate::num::{canonical, exp, stored};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::Scale;

/// Bits of 2 sqrt(2 / pi).
const TWICE_ROOT: u32 = 0x3fcc_422a;
/// Bits of 0.044715.
const CUBIC: u32 = 0x3d37_2713;

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

/// `out[i] = gelu(gate[i]) * up[i]`.
#[inline(never)]
pub(crate) fn geglu(inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    pairwise(inputs, range, out, |gate, up| gelu(gate) * up);
}

/// `out[i] = x[i] * factor`.
#[inline(never)]
pub(crate) fn scale(p: &Scale, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let factor = f32::from_bits(p.factor);
    for (word, x) in out.iter_mut().zip(&f32s(inputs[0])[range]) {
        *word = stored(x * factor);
    }
}

/// `out[i] = x[i]` where it is above zero or NaN, else +0.
#[inline(never)]
pub(crate) fn relu(inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    for (word, x) in out.iter_mut().zip(&inputs[0][range]) {
        let bits = canonical(*x);
        *word = if bits >> 31 == 0 { bits } else { 0 };
    }
}

/// The Gaussian unit in its tanh form: `x / 2 * (1 + tanh(u / 2))` is `x / (1 + e^-u)`, u = 2 sqrt(2 / pi) (x + 0.044715 x^3).
fn gelu(x: f32) -> f32 {
    let u = (x * f32::from_bits(TWICE_ROOT)) * (1.0 + (x * x) * f32::from_bits(CUBIC));
    x / (1.0 + exp(-u))
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
