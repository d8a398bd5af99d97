//! The operators on rows of a sequence: matrices of numbers as they lie in a file, attention of all rows to all rows, and what stays
//! within a row.

use crate::Level;
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

/// `out[r * out_stride + o] = x[r] . w[o]` over `cols` numbers of each, before any NaN is made canonical.
///
/// # Panics
/// If a row is shorter than that, or `out` than its rows.
pub fn products(
    level: Level,
    x: Rows<'_>,
    w: Rows<'_>,
    cols: usize,
    out: &mut [f32],
    out_stride: usize,
) {
    match level.0 {
        #[cfg(target_arch = "x86_64")]
        crate::level::Kind::Avx512 => wide_products(level, x, w, cols, out, out_stride),
        _ => narrow_products(level, x, w, cols, out, out_stride),
    }
}

by_level! {
    /// Sixteen sums at a time, for 32 registers of sixteen numbers.
    #[cfg(target_arch = "x86_64")]
    fn wide_products(x: Rows<'_>, w: Rows<'_>, cols: usize, out: &mut [f32], out_stride: usize) {
        blocks::<4, 4>(x, w, cols, out, out_stride);
    }
}

by_level! {
    /// Four sums at a time, for 16 registers of eight.
    fn narrow_products(x: Rows<'_>, w: Rows<'_>, cols: usize, out: &mut [f32], out_stride: usize) {
        blocks::<2, 2>(x, w, cols, out, out_stride);
    }
}

/// All products, `R` rows with `C` rows at a time. A row of `w` is read once, and those of `x` stay near.
#[inline(always)]
fn blocks<const R: usize, const C: usize>(
    x: Rows<'_>,
    w: Rows<'_>,
    cols: usize,
    out: &mut [f32],
    out_stride: usize,
) {
    let (whole_x, whole_w) = (x.count / R * R, w.count / C * C);
    let mut o = 0;
    while o < whole_w {
        let mut r = 0;
        while r < whole_x {
            let sums = block::<R, C>(x, w, [r, o], cols);
            for (at, sums) in sums.iter().enumerate() {
                out[(r + at) * out_stride + o..][..C].copy_from_slice(sums);
            }
            r += R;
        }
        o += C;
    }
    for r in 0..x.count {
        let first = if r < whole_x { whole_w } else { 0 };
        for o in first..w.count {
            out[r * out_stride + o] = dot(x.row(r, cols), w.row(o, cols), |x| x);
        }
    }
}

#[inline(always)]
fn block<const R: usize, const C: usize>(
    x: Rows<'_>,
    w: Rows<'_>,
    [r, o]: [usize; 2],
    cols: usize,
) -> [[f32; C]; R] {
    let x: [&[f32]; R] = core::array::from_fn(|at| x.row(r + at, cols));
    let w: [&[f32]; C] = core::array::from_fn(|at| w.row(o + at, cols));
    let mut sums = [[[0.0; LANES]; C]; R];
    for chunk in 0..cols / LANES {
        let part = |row: &[f32]| -> [f32; LANES] {
            let numbers = row[chunk * LANES..].first_chunk();
            *numbers.expect("the chunk is whole")
        };
        let w: [[f32; LANES]; C] = core::array::from_fn(|c| part(w[c]));
        for r in 0..R {
            let x = part(x[r]);
            for c in 0..C {
                for lane in 0..LANES {
                    sums[r][c][lane] += x[lane] * w[c][lane];
                }
            }
        }
    }
    let whole = cols / LANES * LANES;
    for r in 0..R {
        for c in 0..C {
            let rest = x[r][whole..].iter().zip(&w[c][whole..]);
            for (sum, (x, w)) in sums[r][c].iter_mut().zip(rest) {
                *sum += x * w;
            }
        }
    }
    sums.map(|sums| sums.map(folded))
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
