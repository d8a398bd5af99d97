//! From rows to one vector of length 1.

use super::count;
use crate::num::{dot, sqrt, stored, sum};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::{Elementwise, Rows};

/// Bits of 1e-12: the least length by which a vector is divided.
const LEAST: u32 = 0x2b8c_bccc;

/// `out[i] = sum over r of x[r, i] / number of rows`; +0.0 where there is none.
#[inline(never)]
pub(crate) fn rows_mean(p: &Rows, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let rows = count(inputs[0], p.rows);
    let x = f32s(inputs[1]);
    for (word, i) in out.iter_mut().zip(range) {
        let total = sum((0..rows).map(|row| x[row * p.dim as usize + i]));
        *word = match rows {
            0 => 0,
            _ => stored(total / rows as f32),
        };
    }
}

/// `out[i] = x[i] / length`, the length at least [`LEAST`].
#[inline(never)]
pub(crate) fn unit_norm(p: &Elementwise, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let x = &f32s(inputs[0])[..p.len as usize];
    let length = sqrt(dot(x, x));
    let least = f32::from_bits(LEAST);
    let length = if length < least { least } else { length };
    for (word, x) in out.iter_mut().zip(&x[range]) {
        *word = stored(x / length);
    }
}
