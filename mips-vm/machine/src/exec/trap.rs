//! Trap conditions. `a` is rs; `b` is rt or the immediate.

use super::alu;
use crate::Exit;

/// Halts where the condition holds.
#[inline(always)]
pub(super) fn trap(condition: bool) -> Result<(), Exit> {
    if condition { Err(Exit::Trap) } else { Ok(()) }
}

#[inline(always)]
pub(super) fn ge(a: u32, b: u32) -> bool {
    !lt(a, b)
}

#[inline(always)]
pub(super) fn geu(a: u32, b: u32) -> bool {
    a >= b
}

#[inline(always)]
pub(super) fn lt(a: u32, b: u32) -> bool {
    alu::slt(a, b) == 1
}

#[inline(always)]
pub(super) fn ltu(a: u32, b: u32) -> bool {
    a < b
}

#[inline(always)]
pub(super) fn eq(a: u32, b: u32) -> bool {
    a == b
}

#[inline(always)]
pub(super) fn ne(a: u32, b: u32) -> bool {
    a != b
}
