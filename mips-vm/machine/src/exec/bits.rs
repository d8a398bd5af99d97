//! Counting, fields, bytes.

#[inline(always)]
pub(super) fn clz(value: u32) -> u32 {
    value.leading_zeros()
}

#[inline(always)]
pub(super) fn clo(value: u32) -> u32 {
    value.leading_ones()
}

/// `mask` has the field's size.
#[inline(always)]
pub(super) fn ext(value: u32, lowest: u8, mask: u32) -> u32 {
    value >> (lowest & 31) & mask
}

/// `mask` is the field in place.
#[inline(always)]
pub(super) fn ins(old: u32, value: u32, lowest: u8, mask: u32) -> u32 {
    old & !mask | value << (lowest & 31) & mask
}

/// Swaps the bytes of each half.
#[inline(always)]
pub(super) fn wsbh(value: u32) -> u32 {
    (value & 0x00FF_00FF) << 8 | value >> 8 & 0x00FF_00FF
}

#[inline(always)]
pub(super) fn seb(value: u32) -> u32 {
    i32::from(value as u8 as i8).cast_unsigned()
}

#[inline(always)]
pub(super) fn seh(value: u32) -> u32 {
    i32::from(value as u16 as i16).cast_unsigned()
}
