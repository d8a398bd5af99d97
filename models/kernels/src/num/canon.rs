//! One NaN. What an invalid operation leaves differs between targets (`inf - inf` is `ffc00000` on x86, `7fc00000` in soft
//! float), so a NaN is replaced before anything looks at its bits.

/// Bits of the one NaN that is ever stored.
pub const CANONICAL_NAN: u32 = 0x7fc0_0000;
/// Bits of positive infinity; a magnitude above is a NaN.
pub(crate) const INFINITY: u32 = 0x7f80_0000;
/// All bits but the sign.
pub(crate) const MAGNITUDE: u32 = 0x7fff_ffff;

/// Whether these are the bits of a NaN.
pub const fn is_nan(bits: u32) -> bool {
    bits & MAGNITUDE > INFINITY
}

/// The bits, with every NaN made [`CANONICAL_NAN`].
pub const fn canonical(bits: u32) -> u32 {
    if is_nan(bits) { CANONICAL_NAN } else { bits }
}

/// The word under which a number is stored.
pub fn stored(x: f32) -> u32 {
    canonical(x.to_bits())
}
