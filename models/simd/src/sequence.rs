//! The operators on rows of a sequence: matrices of numbers as they lie in a file, attention of all rows to all rows, and what stays
//! within a row.

use crate::attention::largest;
use crate::exp::{exp, gelu as gelu_of};
use crate::level::by_level;
use crate::linear::float::{column_sums, dot, folded};
use gavel_kernels::num::{LANES, stored};

/// Rows of a matrix, or a part of each.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The numbers from the first row's first on.
    pub numbers: &'a [f32],
    /// From one row's first number to the next one's.
    pub stride: usize,
    /// How many rows there are.
    pub count: usize,
}

impl<'a> Rows<'a> {
    /// The first `cols` numbers of a row.
    #[inline(always)]
    fn row(&self, row: usize, cols: usize) -> &'a [f32] {
        &self.numbers[row * self.stride..][..cols]
    }
}

by_level! {
    /// `out[r * out_stride + o] = x[r] . w[o]` over `cols` numbers of each, before any NaN is made canonical. A row of `w` is read once, and
    /// those of `x` stay near.
    ///
    /// # Panics
    /// If a row is shorter than that, or `out` than its rows.
    pub fn products(x: Rows<'_>, w: Rows<'_>, cols: usize, out: &mut [f32], out_stride: usize) {
        let whole = w.count / TOGETHER * TOGETHER;
        let mut o = 0;
        while o < whole {
            let rows = [w.row(o, cols), w.row(o + 1, cols), w.row(o + 2, cols), w.row(o + 3, cols)];
            let mut r = 0;
            while r < x.count {
                let sums = four(x.row(r, cols), rows);
                out[r * out_stride + o..][..TOGETHER].copy_from_slice(&sums);
                r += 1;
            }
            o += TOGETHER;
        }
        while o < w.count {
            let mut r = 0;
            while r < x.count {
                out[r * out_stride + o] = dot(x.row(r, cols), w.row(o, cols), |x| x);
                r += 1;
            }
            o += 1;
        }
    }
}

/// Rows of a matrix that one row is multiplied with at a time.
const TOGETHER: usize = 4;

/// Four dot products with the same row, each with sums of its own: variables, not an array, which would lie in memory.
#[inline(always)]
fn four(x: &[f32], rows: [&[f32]; TOGETHER]) -> [f32; TOGETHER] {
    let (x, x_rest) = x.as_chunks::<LANES>();
    let (a, a_rest) = rows[0].as_chunks::<LANES>();
    let (b, b_rest) = rows[1].as_chunks::<LANES>();
    let (c, c_rest) = rows[2].as_chunks::<LANES>();
    let (d, d_rest) = rows[3].as_chunks::<LANES>();
    let (mut p, mut q, mut s, mut t) = ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for ((((x, a), b), c), d) in x.iter().zip(a).zip(b).zip(c).zip(d) {
        for lane in 0..LANES {
            p[lane] += x[lane] * a[lane];
        }
        for lane in 0..LANES {
            q[lane] += x[lane] * b[lane];
        }
        for lane in 0..LANES {
            s[lane] += x[lane] * c[lane];
        }
        for lane in 0..LANES {
            t[lane] += x[lane] * d[lane];
        }
    }
    for lane in 0..x_rest.len() {
        p[lane] += x_rest[lane] * a_rest[lane];
        q[lane] += x_rest[lane] * b_rest[lane];
        s[lane] += x_rest[lane] * c_rest[lane];
        t[lane] += x_rest[lane] * d_rest[lane];
    }
    [folded(p), folded(q), folded(s), folded(t)]
}

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
