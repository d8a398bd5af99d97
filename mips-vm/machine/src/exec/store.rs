//! Stores: every one replaces bits of one aligned word.

use super::load::{address, aligned};
use crate::Exit;
use crate::isa::Instruction;
use crate::memory::Memory;
use crate::state::Registers;

#[inline(always)]
pub(super) fn sb(r: &Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let address = address(r, i);
    let shift = (address & 3) * 8;
    m.store(address & !3, 0xFF << shift, r.get(i.rt) << shift)
}

#[inline(always)]
pub(super) fn sh(r: &Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let address = aligned(address(r, i), 2)?;
    let shift = (address & 2) * 8;
    m.store(address & !3, 0xFFFF << shift, r.get(i.rt) << shift)
}

#[inline(always)]
pub(super) fn sw(r: &Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    m.store(aligned(address(r, i), 4)?, u32::MAX, r.get(i.rt))
}

/// The register's upper end, into the bytes from the word's start up to the address.
#[inline(always)]
pub(super) fn swl(r: &Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let address = address(r, i);
    let shift = 24 - (address & 3) * 8;
    m.store(address & !3, u32::MAX >> shift, r.get(i.rt) >> shift)
}

/// The register's lower end, into the bytes from the address up to the word's end.
#[inline(always)]
pub(super) fn swr(r: &Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let address = address(r, i);
    let shift = (address & 3) * 8;
    m.store(address & !3, u32::MAX << shift, r.get(i.rt) << shift)
}

/// A store that always succeeds: nothing else runs here.
#[inline(always)]
pub(super) fn sc(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    sw(r, i, m)?;
    r.set(i.rt, 1);
    Ok(())
}
