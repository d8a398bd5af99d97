//! The operators on rows of a sequence: attention of all rows to all rows, and what stays within a row. Matrices are
//! [`crate::linear::rows::products`].

use crate::attention::largest;
use crate::exp::{exp, gelu as gelu_of};
use crate::level::by_level;
use crate::linear::float::{column_sums, folded};
use gavel_kernels::num::{LANES, stored};

by_level! {
    /// `x = x * factor`.
    pub fn scale(factor: f32, x: &mut [f32]) {
        for x in x {
            *x = canonical(*x * factor);
        }
    }
}

by_level! {
    /// `out = a + b`.
    pub fn add(a: &[f32], b: &[f32], out: &mut [f32]) {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = canonical(a + b);
        }
    }
}

by_level! {
    /// `out = gelu(x)`.
    pub fn gelu(x: &[f32], out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = canonical(gelu_of(*x));
        }
    }
}

by_level! {
    /// LayerNorm of each `weight.len()` elements of `x`; `eps` is the bits of an F32.
    ///
    /// # Panics
    /// If `bias` is shorter than `weight`.
    pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], eps: u32, out: &mut [f32]) {
        let dim = weight.len();
        let bias = &bias[..dim];
        for (x, out) in x.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            let mean = lane_sum(x, |x| x) / dim as f32;
            let squares = lane_sum(x, |x| (x - mean) * (x - mean));
            let variance = squares / dim as f32;
            let r = 1.0 / gavel_kernels::num::sqrt(variance + f32::from_bits(eps));
            for (i, out) in out.iter_mut().enumerate() {
                *out = canonical(((x[i] - mean) * r) * weight[i] + bias[i]);
            }
        }
    }
}

by_level! {
    /// Softmax of `x`.
    pub fn softmax(x: &[f32], out: &mut [f32]) {
        let max = largest(x);
        for (out, x) in out.iter_mut().zip(x) {
            *out = exp(*x - max);
        }
        let total = lane_sum(out, |x| x);
        for out in out {
            *out = canonical(*out / total);
        }
    }
}

by_level! {
    /// `out[d] = sum over t of weights[t] * values[t * stride + d]`, for a multiple of sixteen elements.
    ///
    /// # Panics
    /// If `values` is shorter than that, or `out` no such multiple.
    pub fn weighted_sum(weights: &[f32], values: &[f32], stride: usize, out: &mut [f32]) {
        let (out, rest) = out.as_chunks_mut::<LANES>();
        assert!(rest.is_empty(), "elements of a head");
        for (at, out) in out.iter_mut().enumerate() {
            let value = |t: usize| -> &[f32; LANES] {
                values[t * stride + at * LANES..].first_chunk().expect("a row is whole")
            };
            *out = column_sums(weights, value).map(canonical);
        }
    }
}

/// The lane sum of a function of each number.
#[inline(always)]
fn lane_sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            lanes[lane] += term(x[lane]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += term(*x);
    }
    folded(lanes)
}

/// The number as it is stored.
#[inline(always)]
fn canonical(x: f32) -> f32 {
    f32::from_bits(stored(x))
}
