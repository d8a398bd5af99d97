//! Loads: every one reads one aligned word.

use super::bits::{seb, seh};
use crate::Exit;
use crate::isa::Instruction;
use crate::memory::Memory;
use crate::state::Registers;

/// Base register plus offset.
#[inline(always)]
pub(super) fn address(r: &Registers, i: Instruction) -> u32 {
    r.get(i.rs).wrapping_add(i.imm)
}

/// Halts unless the address is a multiple of `size`, a power of two.
#[inline(always)]
pub(super) fn aligned(address: u32, size: u32) -> Result<u32, Exit> {
    if address & (size - 1) == 0 {
        Ok(address)
    } else {
        Err(Exit::Unaligned)
    }
}

/// The word around an address, and how many bits the addressed byte lies above its lowest.
#[inline(always)]
fn around(m: &mut impl Memory, address: u32) -> Result<(u32, u32), Exit> {
    let word = m.load(address & !3)?;
    Ok((word, (address & 3) * 8))
}

#[inline(always)]
pub(super) fn lbu(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, address(r, i))?;
    r.set(i.rt, word >> shift & 0xFF);
    Ok(())
}

#[inline(always)]
pub(super) fn lb(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, address(r, i))?;
    r.set(i.rt, seb(word >> shift));
    Ok(())
}

#[inline(always)]
pub(super) fn lhu(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, aligned(address(r, i), 2)?)?;
    r.set(i.rt, word >> shift & 0xFFFF);
    Ok(())
}

#[inline(always)]
pub(super) fn lh(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, aligned(address(r, i), 2)?)?;
    r.set(i.rt, seh(word >> shift));
    Ok(())
}

#[inline(always)]
pub(super) fn lw(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let word = m.load(aligned(address(r, i), 4)?)?;
    r.set(i.rt, word);
    Ok(())
}

/// The bytes from the word's start up to the address, into the register's upper end.
#[inline(always)]
pub(super) fn lwl(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, address(r, i))?;
    let kept = r.get(i.rt) & 0x00FF_FFFF >> shift;
    r.set(i.rt, word << (24 - shift) | kept);
    Ok(())
}

/// The bytes from the address up to the word's end, into the register's lower end.
#[inline(always)]
pub(super) fn lwr(r: &mut Registers, i: Instruction, m: &mut impl Memory) -> Result<(), Exit> {
    let (word, shift) = around(m, address(r, i))?;
    let kept = r.get(i.rt) & !(u32::MAX >> shift);
    r.set(i.rt, word >> shift | kept);
    Ok(())
}
