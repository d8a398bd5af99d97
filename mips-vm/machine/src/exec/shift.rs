//! Shifts and rotations; the amount counts modulo 32.

#[inline(always)]
pub(super) fn sll(value: u32, amount: u32) -> u32 {
    value << (amount & 31)
}

#[inline(always)]
pub(super) fn srl(value: u32, amount: u32) -> u32 {
    value >> (amount & 31)
}

#[inline(always)]
pub(super) fn sra(value: u32, amount: u32) -> u32 {
    (value.cast_signed() >> (amount & 31)).cast_unsigned()
}

#[inline(always)]
pub(super) fn rotr(value: u32, amount: u32) -> u32 {
    value.rotate_right(amount & 31)
}
