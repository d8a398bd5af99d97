//! Rounding to an integer by one addition.

/// 1.5 * 2^23: added to a number below 2^22 in magnitude it leaves the nearest integer, ties to even, in the low bits of the sum.
pub(crate) const ROUNDER: f32 = 12_582_912.0;

/// The integer in a sum with [`ROUNDER`].
#[inline]
pub(crate) fn integer(shifted: f32) -> i32 {
    shifted.to_bits().wrapping_sub(ROUNDER.to_bits()) as i32
}
