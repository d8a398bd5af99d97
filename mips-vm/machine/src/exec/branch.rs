//! Jumps and branches. A branch's `imm` is the distance from itself to its target.

use super::Flow;
use crate::isa::Instruction;
use crate::state::Registers;

/// The register of the linking branches and of `jal`.
const RA: u8 = 31;

/// To the target if taken, else onward; the delay slot is executed either way.
#[inline(always)]
pub(super) fn branch(i: Instruction, at: Flow, taken: bool) -> Flow {
    if taken {
        at.to(at.pc.wrapping_add(i.imm))
    } else {
        at.onward()
    }
}

/// To the target if taken, else over the delay slot.
#[inline(always)]
pub(super) fn likely(i: Instruction, at: Flow, taken: bool) -> Flow {
    if taken {
        at.to(at.pc.wrapping_add(i.imm))
    } else {
        at.skip()
    }
}

/// Links whether taken or not; the condition was read before.
#[inline(always)]
pub(super) fn link(r: &mut Registers, at: Flow) {
    r.set(RA, at.link());
}

#[inline(always)]
pub(super) fn j(i: Instruction, at: Flow) -> Flow {
    at.to(at.pc.wrapping_add(4) & 0xF000_0000 | i.imm)
}

#[inline(always)]
pub(super) fn jal(r: &mut Registers, i: Instruction, at: Flow) -> Flow {
    link(r, at);
    j(i, at)
}

#[inline(always)]
pub(super) fn jr(r: &Registers, i: Instruction, at: Flow) -> Flow {
    at.to(r.get(i.rs))
}

/// Reads rs before it writes rd.
#[inline(always)]
pub(super) fn jalr(r: &mut Registers, i: Instruction, at: Flow) -> Flow {
    let target = r.get(i.rs);
    r.set(i.rd, at.link());
    at.to(target)
}

#[inline(always)]
pub(super) fn ltz(r: &Registers, i: Instruction) -> bool {
    r.get(i.rs).cast_signed() < 0
}

#[inline(always)]
pub(super) fn lez(r: &Registers, i: Instruction) -> bool {
    r.get(i.rs).cast_signed() <= 0
}

#[inline(always)]
pub(super) fn eq(r: &Registers, i: Instruction) -> bool {
    r.get(i.rs) == r.get(i.rt)
}
