//! Factors of exact products: what a weight of 16 bits and an element of a vector count as where they are multiplied.
//!
//! A binary32 has 24 significant bits. A weight has 11 (binary16) or 8 (upper halves of binary32) of them, and an element is rounded to
//! the others, so that their product is exact; magnitudes are bounded so that it neither overflows nor loses bits as a subnormal number. A
//! sum of exact products is the same whether each is rounded before it is added or not: targets with a fused multiply-add may use it.

use super::canon::{INFINITY, MAGNITUDE};

/// Significant bits of an element that meets weights in binary16.
pub const F16_BITS: u32 = 13;
/// Significant bits of an element that meets weights that are upper halves of binary32.
pub const BF16_BITS: u32 = 16;

/// Significant bits of a binary32.
const ALL_BITS: u32 = 24;
/// 2^-64: elements below it count as zero.
const LEAST: u32 = 63 << 23;
/// 2^64: elements from it on count as infinity.
const END: u32 = 191 << 23;
/// 2^-63, as the upper half of its bits: weights below it count as zero.
pub const BF16_LEAST: u16 = 64 << 7;
/// 2^63, as the upper half of its bits: weights from it on count as NaN.
pub const BF16_END: u16 = 190 << 7;
/// The upper half of the one NaN that is ever stored.
pub const BF16_NAN: u16 = 0x7fc0;

/// `x` rounded to so many significant bits, ties to even: a magnitude that is then below 2^-64 gives zero, one from 2^64 on infinity; NaN
/// stays NaN. `1 < BITS < 24`.
#[inline(always)] // into fast paths too, at each level of instructions
pub fn kept<const BITS: u32>(x: f32) -> f32 {
    let bits = x.to_bits();
    let magnitude = bits & MAGNITUDE;
    if magnitude > INFINITY {
        return x;
    }
    let drop = ALL_BITS - BITS;
    let odd = (magnitude >> drop) & 1;
    let rounded = (magnitude + (1 << (drop - 1)) - 1 + odd) >> drop << drop;
    let bounded = match rounded {
        ..LEAST => 0,
        END.. => INFINITY,
        _ => rounded,
    };
    f32::from_bits((bits & !MAGNITUDE) | bounded)
}

/// What a weight of these upper bits counts as: a magnitude below 2^-63 as zero, one from 2^63 on as NaN, any other as itself.
#[inline(always)] // as above
pub fn bf16_factor(half: u16) -> f32 {
    let counted = match half & 0x7fff {
        ..BF16_LEAST => 0,
        BF16_END.. => BF16_NAN,
        _ => half,
    };
    f32::from_bits(u32::from(counted) << 16)
}

#[cfg(test)]
mod tests {
    use super::super::f16_to_f32;
    use super::*;

    /// Magnitudes around every border, and some between.
    fn numbers() -> impl Iterator<Item = f32> {
        let magnitudes = (0..=255u32).flat_map(|exponent| {
            let fractions = [
                0, 1, 0x3ff, 0x400, 0x401, 0xc00, 0x55_5555, 0x7f_f000, 0x7f_ffff,
            ];
            fractions.map(|fraction| exponent << 23 | fraction)
        });
        magnitudes.flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
    }

    /// Whether a product is what it would be with more bits, a NaN aside.
    fn is_exact(a: f32, b: f32) -> bool {
        let product = a * b;
        product.is_nan() || f64::from(product) == f64::from(a) * f64::from(b)
    }

    #[test]
    fn every_product_of_factors_is_exact() {
        let halves = (0..=u16::MAX).step_by(31);
        for x in numbers() {
            for half in halves.clone() {
                let (narrow, wide) = (kept::<F16_BITS>(x), kept::<BF16_BITS>(x));
                assert!(is_exact(f16_to_f32(half), narrow), "{half:04x} * {x:e}");
                assert!(is_exact(bf16_factor(half), wide), "{half:04x} * {x:e}");
            }
        }
    }

    #[test]
    fn an_element_is_the_nearest_one_of_its_bits() {
        for x in numbers().filter(|x| (1e-18..1e18).contains(&x.abs())) {
            let near = f64::from(kept::<F16_BITS>(x));
            let unit = 2f64.powi(f64::from(x).abs().log2().floor() as i32 - 12);
            assert_eq!(near / unit, (near / unit).round(), "{x:e}");
            assert_eq!(
                near,
                (f64::from(x) / unit).round_ties_even() * unit,
                "{x:e}"
            );
        }
    }

    #[test]
    fn magnitudes_out_of_bounds_are_zero_and_no_number() {
        let power = |exponent: i32| 2f32.powi(exponent);
        assert_eq!(kept::<F16_BITS>(-power(-65)), 0.0);
        assert_eq!(kept::<F16_BITS>(power(-64)), power(-64));
        assert_eq!(kept::<BF16_BITS>(-power(64)), f32::NEG_INFINITY);
        assert!(kept::<BF16_BITS>(f32::NAN).is_nan());
        let half = |x: f32| (x.to_bits() >> 16) as u16;
        assert_eq!(bf16_factor(half(-power(-64))), 0.0);
        assert_eq!(bf16_factor(half(power(-63))), power(-63));
        assert!(bf16_factor(half(power(63))).is_nan());
    }
}
