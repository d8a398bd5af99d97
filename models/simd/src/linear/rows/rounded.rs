//! Vectors as they count where they meet 16-bit weights: rounded, so that every product is exact.

use super::{Float, Number};
use crate::level::{Level, by_level};
use gavel_kernels::num::{BF16_BITS, F16_BITS, kept};

/// Puts vectors into `out` as weights of this type meet them: rounded for those of 16 bits, as they are for binary32.
///
/// # Panics
/// If `out` is shorter than `x`.
pub fn round<N: Number>(level: Level, x: &[f32], out: &mut [f32]) {
    let out = &mut out[..x.len()];
    match N::FLOAT {
        Float::F32 => out.copy_from_slice(x),
        Float::F16 => to_f16_bits(level, x, out),
        Float::BF16 => to_bf16_bits(level, x, out),
    }
}

by_level! {
    fn to_f16_bits(x: &[f32], out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = kept::<F16_BITS>(*x);
        }
    }
}

by_level! {
    fn to_bf16_bits(x: &[f32], out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = kept::<BF16_BITS>(*x);
        }
    }
}
