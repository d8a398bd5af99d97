//! The exponential function of `gavel_kernels::num::exp`, without branches, so that it works on vectors.

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
    let mut q = Q[0];
    q = q * r + Q[1];
    q = q * r + Q[2];
    q = q * r + Q[3];
    q = q * r + Q[4];
    let p = (q * (r * r) + r) + 1.0;
    let half = n >> 1;
    let result = p * power_of_two(half) * power_of_two(n.wrapping_sub(half));
    let result = if x > OVERFLOW { f32::INFINITY } else { result };
    let result = if x < UNDERFLOW { 0.0 } else { result };
    if x.is_nan() { x } else { result }
}

/// 2^n for -126 <= n <= 127; any bits for others.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
