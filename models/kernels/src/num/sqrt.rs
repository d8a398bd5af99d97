//! The square root, correctly rounded, digit by digit.

use super::canon::{CANONICAL_NAN, INFINITY};

/// The square root, to the nearest (it is never a tie). Of a negative number or NaN the canonical NaN; of -0 -0.
pub fn sqrt(x: f32) -> f32 {
    let bits = x.to_bits();
    match bits {
        0 | 0x8000_0000 | INFINITY => x,
        0x7f80_0001.. => f32::from_bits(CANONICAL_NAN),
        _ => positive(bits),
    }
}

/// The square root of a positive finite number, from and to bits.
fn positive(bits: u32) -> f32 {
    // x = mantissa * 2^(exponent - 23) with the mantissa's top bit at 23.
    let (mantissa, exponent) = if bits < 0x0080_0000 {
        let shift = bits.leading_zeros() - 8;
        (bits << shift, -126 - shift as i32)
    } else {
        (
            (bits & 0x007f_ffff) | 0x0080_0000,
            (bits >> 23) as i32 - 127,
        )
    };
    // An even exponent, and room for 25 binary digits of the root: 24 and one to round by.
    let radicand = mantissa << (1 + (exponent & 1));
    let root = digits(radicand);
    let rounded = (root + 1) >> 1;
    let biased = ((exponent >> 1) + 127) as u32;
    f32::from_bits((biased << 23) + (rounded - 0x0080_0000))
}

/// floor(sqrt(radicand * 2^24)) for a radicand of 25 or 26 bits: 25 digits.
fn digits(radicand: u32) -> u32 {
    let mut rest = 0;
    let mut root = 0;
    let mut incoming = radicand << 6;
    for _ in 0..25 {
        rest = rest << 2 | incoming >> 30;
        incoming <<= 2;
        let trial = root << 2 | 1;
        root <<= 1;
        if rest >= trial {
            rest -= trial;
            root |= 1;
        }
    }
    root
}
