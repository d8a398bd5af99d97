//! Addition, comparison, logic. `a` is rs; `b` is rt or the immediate.

use crate::Exit;

#[inline(always)]
pub(super) fn add(a: u32, b: u32) -> Result<u32, Exit> {
    let sum = a.cast_signed().checked_add(b.cast_signed());
    sum.map(i32::cast_unsigned).ok_or(Exit::Overflow)
}

#[inline(always)]
pub(super) fn addu(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

#[inline(always)]
pub(super) fn sub(a: u32, b: u32) -> Result<u32, Exit> {
    let difference = a.cast_signed().checked_sub(b.cast_signed());
    difference.map(i32::cast_unsigned).ok_or(Exit::Overflow)
}

#[inline(always)]
pub(super) fn subu(a: u32, b: u32) -> u32 {
    a.wrapping_sub(b)
}

#[inline(always)]
pub(super) fn and(a: u32, b: u32) -> u32 {
    a & b
}

#[inline(always)]
pub(super) fn or(a: u32, b: u32) -> u32 {
    a | b
}

#[inline(always)]
pub(super) fn xor(a: u32, b: u32) -> u32 {
    a ^ b
}

#[inline(always)]
pub(super) fn nor(a: u32, b: u32) -> u32 {
    !(a | b)
}

#[inline(always)]
pub(super) fn slt(a: u32, b: u32) -> u32 {
    u32::from(a.cast_signed() < b.cast_signed())
}

#[inline(always)]
pub(super) fn sltu(a: u32, b: u32) -> u32 {
    u32::from(a < b)
}
