//! The disassembler.

use super::op::Form;
use super::{Instruction, Op};
use std::fmt;

const NAMES: [&str; 32] = [
    "$zero", "$at", "$v0", "$v1", "$a0", "$a1", "$a2", "$a3", "$t0", "$t1", "$t2", "$t3", "$t4",
    "$t5", "$t6", "$t7", "$s0", "$s1", "$s2", "$s3", "$s4", "$s5", "$s6", "$s7", "$t8", "$t9",
    "$k0", "$k1", "$gp", "$sp", "$fp", "$ra",
];

/// The o32 name of a general register.
///
/// # Panics
/// If `register` is above 31.
pub fn register_name(register: u8) -> &'static str {
    NAMES[usize::from(register)]
}

impl fmt::Display for Instruction {
    /// As an assembler takes it; branch targets are written relative to the branch (`.+8`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.op, self.rd, self.imm) == (Op::Sll, 0, 0) {
            return f.write_str("nop");
        }
        let op = self.op.mnemonic();
        let [rs, rt] = [self.rs, self.rt].map(register_name);
        let rd = register_name(self.rd & 31);
        let (imm, signed) = (self.imm, self.imm.cast_signed());
        match self.op.form() {
            Form::Plain => f.write_str(op),
            Form::RdRsRt => write!(f, "{op} {rd}, {rs}, {rt}"),
            Form::RdRtSa => write!(f, "{op} {rd}, {rt}, {imm}"),
            Form::RdRtRs => write!(f, "{op} {rd}, {rt}, {rs}"),
            Form::RdRs => write!(f, "{op} {rd}, {rs}"),
            Form::RdRt => write!(f, "{op} {rd}, {rt}"),
            Form::Rd => write!(f, "{op} {rd}"),
            Form::Rs => write!(f, "{op} {rs}"),
            Form::RsRt => write!(f, "{op} {rs}, {rt}"),
            Form::RtRsImm => write!(f, "{op} {rt}, {rs}, {signed}"),
            Form::RtRsHex => write!(f, "{op} {rt}, {rs}, {imm:#x}"),
            Form::RtUpper => write!(f, "{op} {rt}, {:#x}", imm >> 16),
            Form::RsImm => write!(f, "{op} {rs}, {signed}"),
            Form::RsRtOffset => write!(f, "{op} {rs}, {rt}, .{signed:+}"),
            Form::RsOffset => write!(f, "{op} {rs}, .{signed:+}"),
            Form::Target => write!(f, "{op} {imm:#x}"),
            Form::RtMemory => write!(f, "{op} {rt}, {signed}({rs})"),
            Form::Memory => write!(f, "{op} {signed}({rs})"),
            Form::Field => write!(f, "{op} {rt}, {rs}, {}, {}", self.rd, imm.count_ones()),
            Form::Code => write!(f, "{op} {imm:#x}"),
            Form::Word => write!(f, "{op} {imm:#010x}"),
        }
    }
}
