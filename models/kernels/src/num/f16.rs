//! Conversions between the 16-bit formats and binary32, by integers. Hardware conversions may stand in only where they are tested
//! against these.

use super::canon::{CANONICAL_NAN, INFINITY, MAGNITUDE, canonical};

/// Bits of the one binary16 NaN that is ever stored.
const NAN16: u16 = 0x7e00;

/// The number that binary16 bits stand for: exact; any NaN becomes the canonical one.
#[inline]
pub fn f16_to_f32(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let magnitude = u32::from(half & 0x7fff);
    let bits = match magnitude >> 10 {
        0 => return signed_subnormal(sign, magnitude),
        31 if magnitude > 0x7c00 => return f32::from_bits(CANONICAL_NAN),
        31 => INFINITY,
        _ => (magnitude << 13) + ((127 - 15) << 23),
    };
    f32::from_bits(sign | bits)
}

/// `mantissa * 2^-24` with a sign; the mantissa is below 2^10.
fn signed_subnormal(sign: u32, mantissa: u32) -> f32 {
    if mantissa == 0 {
        return f32::from_bits(sign);
    }
    let top = 31 - mantissa.leading_zeros();
    let fraction = (mantissa << (23 - top)) & 0x007f_ffff;
    f32::from_bits(sign | ((top + 127 - 24) << 23) | fraction)
}

/// The number whose upper half these bits are: exact; any NaN becomes the canonical one.
#[inline]
pub fn bf16_to_f32(half: u16) -> f32 {
    f32::from_bits(canonical(u32::from(half) << 16))
}

/// The nearest binary16, ties to even: past the largest finite one infinity, below the least subnormal zero, NaN the canonical one.
pub fn f32_to_f16(x: f32) -> u16 {
    let bits = x.to_bits();
    let magnitude = bits & MAGNITUDE;
    if magnitude > INFINITY {
        return NAN16;
    }
    let sign = (bits >> 16) as u16 & 0x8000;
    sign | match magnitude {
        // From 65520 up everything rounds to infinity.
        0x477f_f000.. => 0x7c00,
        // From 2^-14 up the result is normal: drop 13 bits, with the exponent's bias exchanged.
        0x3880_0000.. => rounded(magnitude - ((127 - 15) << 23), 13) as u16,
        // From 2^-25 up it is subnormal: the mantissa in units of 2^-24.
        0x3300_0000.. => {
            let mantissa = (magnitude & 0x007f_ffff) | 0x0080_0000;
            rounded(mantissa, 126 - (magnitude >> 23)) as u16
        }
        _ => 0,
    }
}

/// `value >> drop`, to the nearest, ties to even; 1 <= drop <= 24.
fn rounded(value: u32, drop: u32) -> u32 {
    let half = 1 << (drop - 1);
    let odd = (value >> drop) & 1;
    (value + half - 1 + odd) >> drop
}
