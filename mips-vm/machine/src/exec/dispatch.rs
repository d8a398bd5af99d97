//! The dispatch table.

use super::{Flow, alu, bits, branch, load, muldiv, shift, store, trap};
use crate::Exit;
use crate::isa::{Instruction, Op, SUCCESS};
use crate::memory::Memory;
use crate::state::Registers;

/// The code field of the word that ends a run with success.
const SUCCESS_CODE: u32 = SUCCESS >> 6 & 0xF_FFFF;

/// Executes an instruction at `at` and gives where the machine is then. The registers' own `pc`, `next_pc`, `exit`
/// and `steps` are left to the caller.
///
/// # Errors
/// Why the machine halts; registers and memory are then as before.
#[inline(always)]
pub(crate) fn execute<M: Memory>(
    i: Instruction,
    at: Flow,
    r: &mut Registers,
    m: &mut M,
) -> Result<Flow, Exit> {
    let (rs, rt) = (r.get(i.rs), r.get(i.rt));
    let imm = i.imm;
    match i.op {
        Op::Sll => r.set(i.rd, shift::sll(rt, imm)),
        Op::Srl => r.set(i.rd, shift::srl(rt, imm)),
        Op::Rotr => r.set(i.rd, shift::rotr(rt, imm)),
        Op::Sra => r.set(i.rd, shift::sra(rt, imm)),
        Op::Sllv => r.set(i.rd, shift::sll(rt, rs)),
        Op::Srlv => r.set(i.rd, shift::srl(rt, rs)),
        Op::Rotrv => r.set(i.rd, shift::rotr(rt, rs)),
        Op::Srav => r.set(i.rd, shift::sra(rt, rs)),

        Op::Add => r.set(i.rd, alu::add(rs, rt)?),
        Op::Addu => r.set(i.rd, alu::addu(rs, rt)),
        Op::Sub => r.set(i.rd, alu::sub(rs, rt)?),
        Op::Subu => r.set(i.rd, alu::subu(rs, rt)),
        Op::And => r.set(i.rd, alu::and(rs, rt)),
        Op::Or => r.set(i.rd, alu::or(rs, rt)),
        Op::Xor => r.set(i.rd, alu::xor(rs, rt)),
        Op::Nor => r.set(i.rd, alu::nor(rs, rt)),
        Op::Slt => r.set(i.rd, alu::slt(rs, rt)),
        Op::Sltu => r.set(i.rd, alu::sltu(rs, rt)),
        Op::Movz if rt == 0 => r.set(i.rd, rs),
        Op::Movn if rt != 0 => r.set(i.rd, rs),
        Op::Movz | Op::Movn => {}

        Op::Addi => r.set(i.rt, alu::add(rs, imm)?),
        Op::Addiu => r.set(i.rt, alu::addu(rs, imm)),
        Op::Slti => r.set(i.rt, alu::slt(rs, imm)),
        Op::Sltiu => r.set(i.rt, alu::sltu(rs, imm)),
        Op::Andi => r.set(i.rt, alu::and(rs, imm)),
        Op::Ori => r.set(i.rt, alu::or(rs, imm)),
        Op::Xori => r.set(i.rt, alu::xor(rs, imm)),
        Op::Lui => r.set(i.rt, imm),

        Op::Mfhi => r.set(i.rd, r.hi),
        Op::Mthi => r.hi = rs,
        Op::Mflo => r.set(i.rd, r.lo),
        Op::Mtlo => r.lo = rs,
        Op::Mult => r.set_accumulator(muldiv::mult(rs, rt)),
        Op::Multu => r.set_accumulator(muldiv::multu(rs, rt)),
        Op::Div => r.set_accumulator(muldiv::div(rs, rt)),
        Op::Divu => r.set_accumulator(muldiv::divu(rs, rt)),
        Op::Madd => r.set_accumulator(muldiv::madd(r.accumulator(), rs, rt)),
        Op::Maddu => r.set_accumulator(muldiv::maddu(r.accumulator(), rs, rt)),
        Op::Msub => r.set_accumulator(muldiv::msub(r.accumulator(), rs, rt)),
        Op::Msubu => r.set_accumulator(muldiv::msubu(r.accumulator(), rs, rt)),
        Op::Mul => r.set(i.rd, muldiv::mul(rs, rt)),

        Op::Clz => r.set(i.rd, bits::clz(rs)),
        Op::Clo => r.set(i.rd, bits::clo(rs)),
        Op::Ext => r.set(i.rt, bits::ext(rs, i.rd, imm)),
        Op::Ins => r.set(i.rt, bits::ins(rt, rs, i.rd, imm)),
        Op::Wsbh => r.set(i.rd, bits::wsbh(rt)),
        Op::Seb => r.set(i.rd, bits::seb(rt)),
        Op::Seh => r.set(i.rd, bits::seh(rt)),

        Op::J => return Ok(branch::j(i, at)),
        Op::Jal => return Ok(branch::jal(r, i, at)),
        Op::Jr => return Ok(branch::jr(r, i, at)),
        Op::Jalr => return Ok(branch::jalr(r, i, at)),
        Op::Beq => return Ok(branch::branch(i, at, branch::eq(r, i))),
        Op::Bne => return Ok(branch::branch(i, at, !branch::eq(r, i))),
        Op::Blez => return Ok(branch::branch(i, at, branch::lez(r, i))),
        Op::Bgtz => return Ok(branch::branch(i, at, !branch::lez(r, i))),
        Op::Bltz => return Ok(branch::branch(i, at, branch::ltz(r, i))),
        Op::Bgez => return Ok(branch::branch(i, at, !branch::ltz(r, i))),
        Op::Beql => return Ok(branch::likely(i, at, branch::eq(r, i))),
        Op::Bnel => return Ok(branch::likely(i, at, !branch::eq(r, i))),
        Op::Blezl => return Ok(branch::likely(i, at, branch::lez(r, i))),
        Op::Bgtzl => return Ok(branch::likely(i, at, !branch::lez(r, i))),
        Op::Bltzl => return Ok(branch::likely(i, at, branch::ltz(r, i))),
        Op::Bgezl => return Ok(branch::likely(i, at, !branch::ltz(r, i))),
        Op::Bltzal => {
            let taken = branch::ltz(r, i);
            branch::link(r, at);
            return Ok(branch::branch(i, at, taken));
        }
        Op::Bgezal => {
            let taken = !branch::ltz(r, i);
            branch::link(r, at);
            return Ok(branch::branch(i, at, taken));
        }
        Op::Bltzall => {
            let taken = branch::ltz(r, i);
            branch::link(r, at);
            return Ok(branch::likely(i, at, taken));
        }
        Op::Bgezall => {
            let taken = !branch::ltz(r, i);
            branch::link(r, at);
            return Ok(branch::likely(i, at, taken));
        }

        Op::Tge => trap::trap(trap::ge(rs, rt))?,
        Op::Tgeu => trap::trap(trap::geu(rs, rt))?,
        Op::Tlt => trap::trap(trap::lt(rs, rt))?,
        Op::Tltu => trap::trap(trap::ltu(rs, rt))?,
        Op::Teq => trap::trap(trap::eq(rs, rt))?,
        Op::Tne => trap::trap(trap::ne(rs, rt))?,
        Op::Tgei => trap::trap(trap::ge(rs, imm))?,
        Op::Tgeiu => trap::trap(trap::geu(rs, imm))?,
        Op::Tlti => trap::trap(trap::lt(rs, imm))?,
        Op::Tltiu => trap::trap(trap::ltu(rs, imm))?,
        Op::Teqi => trap::trap(trap::eq(rs, imm))?,
        Op::Tnei => trap::trap(trap::ne(rs, imm))?,

        Op::Lb => load::lb(r, i, m)?,
        Op::Lbu => load::lbu(r, i, m)?,
        Op::Lh => load::lh(r, i, m)?,
        Op::Lhu => load::lhu(r, i, m)?,
        Op::Lw | Op::Ll => load::lw(r, i, m)?,
        Op::Lwl => load::lwl(r, i, m)?,
        Op::Lwr => load::lwr(r, i, m)?,
        Op::Sb => store::sb(r, i, m)?,
        Op::Sh => store::sh(r, i, m)?,
        Op::Sw => store::sw(r, i, m)?,
        Op::Swl => store::swl(r, i, m)?,
        Op::Swr => store::swr(r, i, m)?,
        Op::Sc => store::sc(r, i, m)?,

        Op::Sync | Op::Synci | Op::Pref => {}
        Op::Break if imm == SUCCESS_CODE => return Err(Exit::Success),
        Op::Break | Op::Syscall => return Err(Exit::Break),
        Op::Illegal => return Err(Exit::Illegal),
    }
    Ok(at.onward())
}
