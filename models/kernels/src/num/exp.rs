//! The exponential function, from `+ - *` and moves of bits alone: at most 1 ulp off where the result is normal.

use super::canon::{INFINITY, MAGNITUDE, is_nan};
use super::round::{ROUNDER, integer};

/// log2(e).
const LOG2_E: f32 = f32::from_bits(0x3fb8_aa3b);
/// ln(2), its leading 15 bits: a product with a small integer is exact.
const LN2_HIGH: f32 = f32::from_bits(0x3f31_7200);
/// ln(2) - `LN2_HIGH`.
const LN2_LOW: f32 = f32::from_bits(0x35bf_be8e);
/// Minimax coefficients of q in exp(r) = 1 + r + r^2 q(r), highest power first.
const Q: [f32; 5] = [
    f32::from_bits(0x3ab5_11e7),
    f32::from_bits(0x3c09_1d10),
    f32::from_bits(0x3d2a_ac79),
    f32::from_bits(0x3e2a_aa49),
    f32::from_bits(0x3eff_fffe),
];
/// Bits of 88.0: arguments of a smaller magnitude need no test but this one.
const PLAIN: u32 = 0x42b0_0000;
/// Above this the result exceeds the largest finite number.
const OVERFLOW: f32 = f32::from_bits(0x42b1_7217);
/// Below this the result rounds to zero.
const UNDERFLOW: f32 = -104.0;

/// e^x. Total: NaN gives NaN, -inf +0, +inf +inf; results below the normal range are rounded once more.
pub fn exp(x: f32) -> f32 {
    let bits = x.to_bits();
    if bits & MAGNITUDE < PLAIN {
        return reduced(x);
    }
    if is_nan(bits) {
        return x;
    }
    if x > OVERFLOW {
        return f32::from_bits(INFINITY);
    }
    if x < UNDERFLOW {
        return 0.0;
    }
    reduced(x)
}

/// e^(x + low), for -106 <= x <= 88 and a low part of a magnitude below 0.1, whose bits count beyond those of x.
pub(super) fn exp_of_sum(x: f32, low: f32) -> f32 {
    let shifted = x * LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    power(
        integer(shifted),
        ((x - whole * LN2_HIGH) - whole * LN2_LOW) + low,
    )
}

/// e^x for x between [`UNDERFLOW`] and [`OVERFLOW`]: x = n ln 2 + r with |r| a little over half of ln 2.
fn reduced(x: f32) -> f32 {
    let shifted = x * LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    power(integer(shifted), (x - whole * LN2_HIGH) - whole * LN2_LOW)
}

/// 2^n e^r.
fn power(n: i32, r: f32) -> f32 {
    let mut q = Q[0];
    for coefficient in &Q[1..] {
        q = q * r + coefficient;
    }
    let p = (q * (r * r) + r) + 1.0;
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n - half)
}

/// 2^n for -126 <= n <= 127.
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}
