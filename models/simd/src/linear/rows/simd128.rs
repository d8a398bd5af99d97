//! Rows of floating-point weights with WebAssembly's 128-bit vectors: four registers hold the sixteen lanes of a sum.
#![allow(unsafe_code)] // loads from arrays of sixteen numbers
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::{F32, Float, Number, Outputs, sum, tail};
use crate::half;
use core::arch::wasm32::*;
use gavel_kernels::num::{BF16_END, BF16_LEAST, BF16_NAN, LANES};

/// Sixteen numbers.
type Sixteen = [v128; 4];

/// The rows of a group times all vectors, two at a time: the sums of more would not stay in registers.
pub(super) fn group<N: Number>(weights: &[N::Bits], cols: usize, x: &[f32], out: &mut [Outputs]) {
    for (row, weights) in weights.chunks_exact(cols).enumerate() {
        for (x, out) in x.chunks(2 * cols).zip(out.chunks_mut(2)) {
            match out.len() {
                1 => tile::<N, 1>(weights, x, row, out),
                _ => tile::<N, 2>(weights, x, row, out),
            }
        }
    }
}

/// A row of the group times some vectors.
fn tile<N: Number, const VECTORS: usize>(
    weights: &[N::Bits],
    x: &[f32],
    row: usize,
    out: &mut [Outputs],
) {
    let cols = weights.len();
    let x: [&[f32]; VECTORS] = core::array::from_fn(|vector| &x[vector * cols..][..cols]);
    let mut sums = [[f32x4_splat(0.0); 4]; VECTORS];
    for at in (0..cols / LANES * LANES).step_by(LANES) {
        // SAFETY: sixteen columns begin at `at` in the row and each vector.
        unsafe {
            let w = load::<N>(weights.as_ptr().add(at));
            for vector in 0..VECTORS {
                let x = load::<F32>(x[vector].as_ptr().add(at));
                sums[vector] = added(sums[vector], w, x);
            }
        }
    }
    if !cols.is_multiple_of(LANES) {
        let w = tail(weights);
        for vector in 0..VECTORS {
            let x = tail(x[vector]);
            // SAFETY: both are sixteen numbers.
            let (w, x) = unsafe { (load::<N>(w.as_ptr()), load::<F32>(x.as_ptr())) };
            sums[vector] = added(sums[vector], w, x);
        }
    }
    for vector in 0..VECTORS {
        let mut lanes = [0.0; LANES];
        for quarter in 0..4 {
            // SAFETY: four F32 are 16 bytes.
            unsafe {
                v128_store(
                    lanes[4 * quarter..].as_mut_ptr().cast(),
                    sums[vector][quarter],
                )
            };
        }
        out[vector][row] = sum(lanes);
    }
}

/// Sums with the products of sixteen columns added.
#[inline(always)]
fn added(sums: Sixteen, w: Sixteen, x: Sixteen) -> Sixteen {
    core::array::from_fn(|quarter| f32x4_add(sums[quarter], f32x4_mul(w[quarter], x[quarter])))
}

/// Sixteen weights, as they count.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn load<N: Number>(weights: *const N::Bits) -> Sixteen {
    core::array::from_fn(|quarter| {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = weights.add(4 * quarter);
            match N::FLOAT {
                Float::F32 => v128_load(weights.cast()),
                Float::F16 => four_halves(weights.cast()),
                Float::BF16 => {
                    let halves = v128_load64_zero(weights.cast());
                    let magnitudes = v128_and(halves, i16x8_splat(0x7fff));
                    let counts = i16x8_ge(magnitudes, i16x8_splat(BF16_LEAST as i16));
                    let is_nan = i16x8_ge(magnitudes, i16x8_splat(BF16_END as i16));
                    let nan = v128_and(is_nan, i16x8_splat(BF16_NAN as i16));
                    let halves = v128_or(v128_and(halves, counts), nan);
                    u32x4_shl(u32x4_extend_low_u16x8(halves), 16)
                }
            }
        }
    })
}

/// Four binary16 numbers, as `half::to_f32` converts one. That multiplies, but processors are slow at multiplying subnormal numbers.
///
/// # Safety
/// Eight bytes lie there.
#[inline(always)]
unsafe fn four_halves(halves: *const u8) -> v128 {
    /// What the exponents of the two formats differ by, in place.
    const DIFFERENCE: u32 = 112 << 23;
    // SAFETY: the caller's promise.
    let bits = unsafe { i32x4_load_extend_i16x4(halves.cast()) };
    // The exponent and what follows go to their places below the sign.
    let moved = v128_and(i32x4_shl(bits, 13), u32x4_splat(0x8fff_ffff));
    let exponent = v128_and(bits, u32x4_splat(half::INFINITE));
    // The highest exponent becomes the highest one.
    let special = i32x4_eq(exponent, u32x4_splat(half::INFINITE));
    let difference = u32x4_splat(DIFFERENCE);
    let normal = i32x4_add(moved, i32x4_add(difference, v128_and(special, difference)));
    // A subnormal number: that with the next exponent, without the leading one that this gives it.
    let subnormal = i32x4_eq(exponent, u32x4_splat(0));
    let next = i32x4_add(normal, v128_and(subnormal, u32x4_splat(1 << 23)));
    let sign = v128_and(bits, u32x4_splat(0x8000_0000));
    let leading = v128_or(sign, f32x4_splat(half::SMALLEST_NORMAL));
    f32x4_sub(next, v128_and(subnormal, leading))
}
