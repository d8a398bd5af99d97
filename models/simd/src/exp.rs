//! The exponential function of `gavel_kernels::num::exp`, and `gelu` there, without branches, so that they work on vectors.

/// log2(e).
const LOG2_E: f32 = f32::from_bits(0x3fb8_aa3b);
/// ln(2), its leading 15 bits.
const LN2_HIGH: f32 = f32::from_bits(0x3f31_7200);
/// ln(2) - `LN2_HIGH`.
const LN2_LOW: f32 = f32::from_bits(0x35bf_be8e);
/// Coefficients, highest power first.
const Q: [f32; 5] = [
    f32::from_bits(0x3ab5_11e7),
    f32::from_bits(0x3c09_1d10),
    f32::from_bits(0x3d2a_ac79),
    f32::from_bits(0x3e2a_aa49),
    f32::from_bits(0x3eff_fffe),
];
/// Above this the result exceeds the largest finite number.
const OVERFLOW: f32 = f32::from_bits(0x42b1_7217);
/// Below this the result rounds to zero.
const UNDERFLOW: f32 = -104.0;
/// 1.5 * 2^23.
const ROUNDER: f32 = 12_582_912.0;

/// e^x; of a NaN the bits are not specified.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Outside the range any number will do: the result is replaced below.
    let inside = if x > OVERFLOW { 0.0 } else { x };
    let inside = if inside < UNDERFLOW { 0.0 } else { inside };
    let shifted = inside * LOG2_E + ROUNDER;
    let n = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()) as i32;
    let whole = shifted - ROUNDER;
    let r = (inside - whole * LN2_HIGH) - whole * LN2_LOW;
    let result = power(n, r);
    let result = if x > OVERFLOW { f32::INFINITY } else { result };
    let result = if x < UNDERFLOW { 0.0 } else { result };
    if x.is_nan() { x } else { result }
}

/// Coefficients of `gelu`, highest power first.
const P: [f32; 11] = [
    f32::from_bits(0x3cd3_8518),
    f32::from_bits(0xbd02_5cb9),
    f32::from_bits(0xbcca_a1e1),
    f32::from_bits(0x3d82_119c),
    f32::from_bits(0x3c53_5bfe),
    f32::from_bits(0xbde6_36b3),
    f32::from_bits(0xbcf0_a012),
    f32::from_bits(0x3e84_f467),
    f32::from_bits(0x3ef0_e063),
    f32::from_bits(0x3ee1_e9bb),
    f32::from_bits(0x3e09_4f30),
];
/// Slope of its argument.
const SLOPE: f32 = 0.375;
/// From this magnitude on its tail is 0.
const TAIL_ENDS: f32 = 14.5;
/// Bits of a magnitude whose square is exact.
const SHORT: u32 = 0xffff_f000;

/// x times the normal distribution at x; of a NaN the bits are not specified.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let magnitude = f32::from_bits(x.to_bits() & 0x7fff_ffff);
    let is_inside = magnitude < TAIL_ENDS;
    // Outside any number will do: the result is replaced below.
    let a = if is_inside { magnitude } else { 0.0 };
    let short = f32::from_bits(a.to_bits() & SHORT);
    let e = exp_of_sum(-0.5 * (short * short), (-0.5 * (a - short)) * (a + short));
    let v = 1.0 / (1.0 + SLOPE * a) - 0.5;
    let mut p = P[0];
    for coefficient in &P[1..] {
        p = p * v + coefficient;
    }
    let part = x * (e * p);
    let is_negative = x.to_bits() >> 31 == 1;
    let inside = if is_negative { part } else { x - part };
    let outside = if is_negative { -0.0 } else { x };
    let result = if is_inside { inside } else { outside };
    if x.is_nan() { x } else { result }
}

/// e^(x + low) for x and low as they are in `gelu`.
#[inline(always)]
fn exp_of_sum(x: f32, low: f32) -> f32 {
    let shifted = x * LOG2_E + ROUNDER;
    let n = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()) as i32;
    let whole = shifted - ROUNDER;
    power(n, ((x - whole * LN2_HIGH) - whole * LN2_LOW) + low)
}

/// 2^n e^r.
#[inline(always)]
fn power(n: i32, r: f32) -> f32 {
    let mut q = Q[0];
    q = q * r + Q[1];
    q = q * r + Q[2];
    q = q * r + Q[3];
    q = q * r + Q[4];
    let p = (q * (r * r) + r) + 1.0;
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// 2^n for -126 <= n <= 127; any bits for others.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
