//! Matrices of floating-point weights, whose rows lie as in the file, times vectors: a few rows with a few vectors at a time, each pair
//! with its sixteen lanes of partial sums in registers. Products with 16-bit weights are exact, and so are added with the fused
//! instructions of a target that has them.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod fold;
mod rounded;
#[cfg(target_arch = "wasm32")]
mod simd128;

use super::Outputs;
use super::float::dot;
#[cfg(target_arch = "wasm32")]
use super::float::folded;
use crate::half;
use crate::level::{Kind, Level};
use crate::pack::GROUP;
#[cfg(target_arch = "wasm32")]
use gavel_kernels::num::Lanes;
use gavel_kernels::num::{LANES, bf16_factor, stored};
pub use rounded::round;

/// A type of floating-point weights.
pub trait Number {
    /// Its bits.
    type Bits: Copy + Default;
    /// Which one it is.
    const FLOAT: Float;

    /// The number, as it counts; of a NaN the bits may not be the canonical ones.
    fn number(bits: Self::Bits) -> f32;

    /// [`products`] with vectors that stay near. A function of each type, so that it is compiled as this crate is, without checks of
    /// every pointer.
    #[doc(hidden)]
    fn near_products(
        level: Level,
        weights: Rows<'_, Self::Bits>,
        x: Rows<'_, f32>,
        cols: usize,
        out: Grid<'_>,
    );
}

/// The types of floating-point weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Float {
    /// Binary32.
    F32,
    /// Binary16.
    F16,
    /// The upper half of binary32.
    BF16,
}

/// Binary32.
#[derive(Debug)]
pub enum F32 {}
/// Binary16.
#[derive(Debug)]
pub enum F16 {}
/// The upper half of binary32.
#[derive(Debug)]
pub enum BF16 {}

/// Rows of a matrix, or a part of each.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    /// The numbers from the first row's first on.
    pub numbers: &'a [T],
    /// From one row's first number to the next one's.
    pub stride: usize,
    /// How many rows there are.
    pub count: usize,
}

impl<'a, T> Rows<'a, T> {
    /// The first `cols` numbers of a row.
    #[inline(always)]
    fn row(&self, row: usize, cols: usize) -> &'a [T] {
        &self.numbers[row * self.stride..][..cols]
    }

    /// Those of some rows, from `first` on; past the last one it is that one again.
    #[inline(always)]
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    fn some<const ROWS: usize>(&self, first: usize, cols: usize) -> [&'a [T]; ROWS] {
        // Not `from_fn`: it would be called.
        let mut rows = [self.row(first, cols); ROWS];
        for (place, row) in rows.iter_mut().zip(first..) {
            *place = self.row(row.min(self.count - 1), cols);
        }
        rows
    }

    /// At most `count` rows from `first` on.
    fn block(&self, first: usize, count: usize) -> Self {
        Rows {
            numbers: &self.numbers[first * self.stride..],
            stride: self.stride,
            count: count.min(self.count - first),
        }
    }
}

/// Implements [`Number`].
macro_rules! number {
    ($name:ident, $bits:ty, $number:expr) => {
        impl Number for $name {
            type Bits = $bits;
            const FLOAT: Float = Float::$name;

            #[inline(always)]
            fn number(bits: $bits) -> f32 {
                $number(bits)
            }

            #[inline(never)]
            fn near_products(
                level: Level,
                weights: Rows<'_, $bits>,
                x: Rows<'_, f32>,
                cols: usize,
                out: Grid<'_>,
            ) {
                at_level::<$name>(level, weights, x, cols, out);
            }
        }
    };
}
number!(F32, f32, |bits| bits);
number!(F16, u16, half::to_f32);
number!(BF16, u16, bf16_factor);

/// Rows `weights` \[rows, cols\] times vectors `x` \[vectors, cols\], as [`round`] leaves them: `out[g, v]` are rows 16 g.. times vector v, as [`crate::linear()`] has
/// it. Rows past the last one hold no meaning.
///
/// # Panics
/// If `out` is shorter than that.
pub fn rows<N: Number>(
    level: Level,
    weights: &[N::Bits],
    cols: usize,
    x: &[f32],
    out: &mut [Outputs],
) {
    let vectors = x.len() / cols;
    if vectors == 0 {
        return;
    }
    let groups = weights.len().div_ceil(cols * GROUP);
    assert!(out.len() >= groups * vectors, "outputs");
    let out = &mut out[..groups * vectors];
    // Some vectors stay near while some groups go by, which come from farther away for the first of them only.
    let near = near(cols);
    let together = (NEAR / size_of::<N::Bits>() / (cols * GROUP)).max(1);
    let outs = out.chunks_mut(together * vectors);
    for (weights, out) in weights.chunks(together * cols * GROUP).zip(outs) {
        for first in (0..vectors).step_by(near) {
            let count = near.min(vectors - first);
            let x = &x[first * cols..][..count * cols];
            let outs = out.chunks_exact_mut(vectors);
            for (weights, out) in weights.chunks(cols * GROUP).zip(outs) {
                group::<N>(level, weights, cols, x, &mut out[first..][..count]);
            }
        }
    }
    for output in out.as_flattened_mut() {
        *output = f32::from_bits(stored(*output));
    }
}

/// The rows of a group times vectors that stay near.
fn group<N: Number>(
    level: Level,
    weights: &[N::Bits],
    cols: usize,
    x: &[f32],
    out: &mut [Outputs],
) {
    #[cfg(target_arch = "wasm32")]
    let _ = (level, simd128::group::<N>(weights, cols, x, out));
    #[cfg(not(target_arch = "wasm32"))]
    {
        let weights = Rows {
            numbers: weights,
            stride: cols,
            count: weights.len() / cols,
        };
        let x = Rows {
            numbers: x,
            stride: cols,
            count: out.len(),
        };
        products::<N>(level, weights, x, cols, out.as_flattened_mut(), GROUP);
    }
}

/// Vectors that meet some rows together, at most.
const MOST: usize = 48;
/// Bytes of vectors that stay in a core's own cache while rows go by.
const NEAR: usize = 3 << 18;

/// How many vectors stay near.
fn near(cols: usize) -> usize {
    (NEAR / size_of::<f32>() / cols.max(1)).clamp(1, MOST)
}

/// `out[v * out_stride + r] = weights[r] . x[v]` over `cols` numbers of each, vectors being as [`round`] leaves them, before any NaN is made canonical.
///
/// # Panics
/// If a row is shorter than that, or `out` than its rows.
pub fn products<N: Number>(
    level: Level,
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    out: &mut [f32],
    out_stride: usize,
) {
    if weights.count == 0 {
        return;
    }
    let near = near(cols);
    for first in (0..x.count).step_by(near) {
        let out = Grid {
            numbers: &mut out[first * out_stride..],
            stride: out_stride,
        };
        N::near_products(level, weights, x.block(first, near), cols, out);
    }
}

/// [`products`] with a level's instructions.
#[allow(unsafe_code)]
fn at_level<N: Number>(
    level: Level,
    weights: Rows<'_, N::Bits>,
    x: Rows<'_, f32>,
    cols: usize,
    out: Grid<'_>,
) {
    match level.0 {
        // SAFETY: a level is made only where the processor has its instructions.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512::products::<N>(weights, x, cols, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2::products::<N>(weights, x, cols, out) },
        Kind::Portable => plain::<N>(weights, x, cols, out),
    }
}

/// Where products go: those of a vector lie side by side.
#[derive(Debug)]
pub struct Grid<'a> {
    numbers: &'a mut [f32],
    stride: usize,
}

impl Grid<'_> {
    /// Takes the products of some vectors and rows, from these on; those of rows past `rows` are left out.
    #[inline(always)]
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    fn put<const ROWS: usize, const VECTORS: usize>(
        &mut self,
        [vector, row]: [usize; 2],
        rows: usize,
        products: [[f32; ROWS]; VECTORS],
    ) {
        let here = ROWS.min(rows - row);
        for (products, vector) in products.iter().zip(vector..) {
            self.numbers[vector * self.stride + row..][..here].copy_from_slice(&products[..here]);
        }
    }
}

/// In plain code.
fn plain<N: Number>(weights: Rows<'_, N::Bits>, x: Rows<'_, f32>, cols: usize, out: Grid<'_>) {
    for row in 0..weights.count {
        let weights = weights.row(row, cols);
        for vector in 0..x.count {
            out.numbers[vector * out.stride + row] = dot(weights, x.row(vector, cols), N::number);
        }
    }
}

/// The columns after the last sixteen, and zeros: they add nothing to a sum, which never is -0.
fn tail<T: Copy + Default>(columns: &[T]) -> [T; LANES] {
    let rest = columns.as_chunks::<LANES>().1;
    let mut padded = [T::default(); LANES];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

/// The sum of the lanes, as they are defined to be added.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn sum(lanes: Lanes) -> f32 {
    folded(lanes)
}
