//! Matrices of floating-point weights, whose rows lie as in the file, times vectors: a few rows with a few vectors at a time, each pair
//! with its sixteen lanes of partial sums in registers.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "wasm32")]
mod simd128;

use super::Outputs;
use super::float::{dot, folded};
use crate::half;
use crate::level::{Kind, Level};
use crate::pack::GROUP;
use gavel_kernels::num::{LANES, Lanes, stored};

/// A type of floating-point weights.
pub trait Number {
    /// Its bits.
    type Bits: Copy + Default;
    /// Which one it is.
    const FLOAT: Float;

    /// The number; of a NaN the bits are not the canonical ones.
    fn number(bits: Self::Bits) -> f32;
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

impl Number for F32 {
    type Bits = f32;
    const FLOAT: Float = Float::F32;

    #[inline(always)]
    fn number(bits: f32) -> f32 {
        bits
    }
}

impl Number for F16 {
    type Bits = u16;
    const FLOAT: Float = Float::F16;

    #[inline(always)]
    fn number(bits: u16) -> f32 {
        half::to_f32(bits)
    }
}

impl Number for BF16 {
    type Bits = u16;
    const FLOAT: Float = Float::BF16;

    #[inline(always)]
    fn number(bits: u16) -> f32 {
        f32::from_bits(u32::from(bits) << 16)
    }
}

/// Rows `weights` \[rows, cols\] times vectors `x` \[vectors, cols\]: `out[g, v]` are rows 16 g.. times vector v, as [`crate::linear()`] has
/// it. Rows past the last one hold no meaning.
///
/// # Panics
/// If `out` is shorter than that.
#[allow(unsafe_code)]
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
    let groups = weights.chunks(cols * GROUP);
    assert!(out.len() >= groups.len() * vectors, "outputs");
    for (weights, out) in groups.zip(out.chunks_exact_mut(vectors)) {
        match level.0 {
            // SAFETY: a level is made only where the processor has its instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::group::<N>(weights, cols, x, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::group::<N>(weights, cols, x, out) },
            #[cfg(target_arch = "wasm32")]
            Kind::Portable => simd128::group::<N>(weights, cols, x, out),
            #[cfg(not(target_arch = "wasm32"))]
            Kind::Portable => group::<N>(weights, cols, x, out),
        }
        for output in out.as_flattened_mut() {
            *output = f32::from_bits(stored(*output));
        }
    }
}

/// A group in plain code.
#[cfg_attr(target_arch = "wasm32", allow(dead_code))] // it has vectors of its own
fn group<N: Number>(weights: &[N::Bits], cols: usize, x: &[f32], out: &mut [Outputs]) {
    for (row, weights) in weights.chunks_exact(cols).enumerate() {
        for (x, out) in x.chunks_exact(cols).zip(&mut *out) {
            out[row] = dot(weights, x, N::number);
        }
    }
}

/// `ROWS` rows of a group, from `first` on. Those past the last row are that one again.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
fn some_rows<T, const ROWS: usize>(weights: &[T], cols: usize, first: usize) -> [&[T]; ROWS] {
    let last = weights.len() / cols - 1;
    core::array::from_fn(|row| &weights[(first + row).min(last) * cols..][..cols])
}

/// The columns after the last sixteen, and zeros: they add nothing to a sum, which never is -0.
fn tail<T: Copy + Default>(columns: &[T]) -> [T; LANES] {
    let rest = columns.as_chunks::<LANES>().1;
    let mut padded = [T::default(); LANES];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

/// The sum of the lanes, as they are defined to be added.
#[inline(always)]
fn sum(lanes: Lanes) -> f32 {
    folded(lanes)
}
