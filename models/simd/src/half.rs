//! Binary16 to binary32 without branches.

/// 2^112: what the exponents of the two formats differ by.
pub(crate) const BIAS: f32 = f32::from_bits((112 + 127) << 23);
/// 2^-14, below which binary16 numbers are subnormal.
#[cfg(target_arch = "wasm32")]
pub(crate) const SMALLEST_NORMAL: f32 = f32::from_bits((127 - 14) << 23);
/// The first magnitude of a binary16 that isn't finite.
pub(crate) const INFINITE: u32 = 0x7c00;

/// The number that binary16 bits stand for; of a NaN the bits are not the canonical ones.
#[inline(always)]
pub(crate) fn to_f32(half: u16) -> f32 {
    let magnitude = u32::from(half) & 0x7fff;
    // Exact: a multiplication by a power of two that neither overflows nor leaves the normal numbers.
    let finite = (f32::from_bits(magnitude << 13) * BIAS).to_bits();
    let special = finite | 0x7f80_0000;
    let bits = if magnitude >= INFINITE {
        special
    } else {
        finite
    };
    f32::from_bits(bits | (u32::from(half) & 0x8000) << 16)
}
