//! The decoder, after the opcode tables of the MIPS32 release 2 manual, volume II.

use super::{Instruction, Op};

/// The word that ends a run with success: `break 0x2A5` in its upper code bits.
pub const SUCCESS: u32 = 0x02A5_000D;

/// Decodes a word. Fields that the manual wants to be zero and are not make it [`Op::Illegal`].
pub fn decode(word: u32) -> Instruction {
    let fields = Fields(word);
    let decoded = match word >> 26 {
        0x00 => special(fields),
        0x01 => regimm(fields),
        0x1C => special2(fields),
        0x1F => special3(fields),
        _ => primary(fields),
    };
    decoded.unwrap_or_else(|| fields.with(Op::Illegal, word))
}

/// The fields of a word.
#[derive(Clone, Copy)]
struct Fields(u32);

impl Fields {
    fn five(self, lowest: u32) -> u8 {
        (self.0 >> lowest & 31) as u8
    }
    fn rs(self) -> u8 {
        self.five(21)
    }
    fn rt(self) -> u8 {
        self.five(16)
    }
    fn rd(self) -> u8 {
        self.five(11)
    }
    fn sa(self) -> u8 {
        self.five(6)
    }
    fn signed(self) -> u32 {
        i32::from(self.0 as u16 as i16).cast_unsigned()
    }
    fn unsigned(self) -> u32 {
        self.0 & 0xFFFF
    }
    /// From the branch to its target: offsets count from the delay slot.
    fn distance(self) -> u32 {
        (self.signed() << 2).wrapping_add(4)
    }
    fn with(self, op: Op, imm: u32) -> Instruction {
        let (rs, rt, rd) = (self.rs(), self.rt(), self.rd());
        Instruction {
            op,
            rs,
            rt,
            rd,
            imm,
        }
    }
    /// An instruction of registers whose bits under `zero` must be zero.
    fn registers(self, op: Op, zero: u32) -> Option<Instruction> {
        (self.0 & zero == 0).then(|| self.with(op, 0))
    }
}

const RS: u32 = 31 << 21;
const RT: u32 = 31 << 16;
const RD: u32 = 31 << 11;
const SA: u32 = 31 << 6;

fn special(f: Fields) -> Option<Instruction> {
    let (op, zero) = match f.0 & 63 {
        0x00 => return shift(f, Op::Sll),
        0x02 if f.rs() == 1 => return Some(f.with(Op::Rotr, f.sa().into())),
        0x02 => return shift(f, Op::Srl),
        0x03 => return shift(f, Op::Sra),
        0x04 => (Op::Sllv, SA),
        0x06 if f.sa() == 1 => (Op::Rotrv, 0),
        0x06 => (Op::Srlv, SA),
        0x07 => (Op::Srav, SA),
        // The hint is 0, or 16 for the hazard barrier of jr.hb and jalr.hb.
        0x08 => (Op::Jr, RT | RD | SA & !(16 << 6)),
        0x09 => (Op::Jalr, RT | SA & !(16 << 6)),
        0x0A => (Op::Movz, SA),
        0x0B => (Op::Movn, SA),
        0x0C => return Some(f.with(Op::Syscall, f.0 >> 6 & 0xF_FFFF)),
        0x0D => return Some(f.with(Op::Break, f.0 >> 6 & 0xF_FFFF)),
        0x0F => (Op::Sync, RS | RT | RD),
        0x10 => (Op::Mfhi, RS | RT | SA),
        0x11 => (Op::Mthi, RT | RD | SA),
        0x12 => (Op::Mflo, RS | RT | SA),
        0x13 => (Op::Mtlo, RT | RD | SA),
        0x18 => (Op::Mult, RD | SA),
        0x19 => (Op::Multu, RD | SA),
        0x1A => (Op::Div, RD | SA),
        0x1B => (Op::Divu, RD | SA),
        0x20 => (Op::Add, SA),
        0x21 => (Op::Addu, SA),
        0x22 => (Op::Sub, SA),
        0x23 => (Op::Subu, SA),
        0x24 => (Op::And, SA),
        0x25 => (Op::Or, SA),
        0x26 => (Op::Xor, SA),
        0x27 => (Op::Nor, SA),
        0x2A => (Op::Slt, SA),
        0x2B => (Op::Sltu, SA),
        0x30 => return trap(f, Op::Tge),
        0x31 => return trap(f, Op::Tgeu),
        0x32 => return trap(f, Op::Tlt),
        0x33 => return trap(f, Op::Tltu),
        0x34 => return trap(f, Op::Teq),
        0x36 => return trap(f, Op::Tne),
        _ => return None,
    };
    f.registers(op, zero)
}

fn shift(f: Fields, op: Op) -> Option<Instruction> {
    (f.rs() == 0).then(|| f.with(op, f.sa().into()))
}

fn trap(f: Fields, op: Op) -> Option<Instruction> {
    Some(f.with(op, f.0 >> 6 & 0x3FF))
}

fn regimm(f: Fields) -> Option<Instruction> {
    let branch = |op| Some(f.with(op, f.distance()));
    let immediate = |op| Some(f.with(op, f.signed()));
    match f.rt() {
        0x00 => branch(Op::Bltz),
        0x01 => branch(Op::Bgez),
        0x02 => branch(Op::Bltzl),
        0x03 => branch(Op::Bgezl),
        0x08 => immediate(Op::Tgei),
        0x09 => immediate(Op::Tgeiu),
        0x0A => immediate(Op::Tlti),
        0x0B => immediate(Op::Tltiu),
        0x0C => immediate(Op::Teqi),
        0x0E => immediate(Op::Tnei),
        0x10 => branch(Op::Bltzal),
        0x11 => branch(Op::Bgezal),
        0x12 => branch(Op::Bltzall),
        0x13 => branch(Op::Bgezall),
        0x1F => immediate(Op::Synci),
        _ => None,
    }
}

fn special2(f: Fields) -> Option<Instruction> {
    let (op, zero) = match f.0 & 63 {
        0x00 => (Op::Madd, RD | SA),
        0x01 => (Op::Maddu, RD | SA),
        0x02 => (Op::Mul, SA),
        0x04 => (Op::Msub, RD | SA),
        0x05 => (Op::Msubu, RD | SA),
        0x20 => (Op::Clz, SA),
        0x21 => (Op::Clo, SA),
        _ => return None,
    };
    f.registers(op, zero)
}

fn special3(f: Fields) -> Option<Instruction> {
    match (f.0 & 63, f.sa()) {
        (0x00, lowest) => extract(f, lowest),
        (0x04, lowest) => insert(f, lowest),
        (0x20, 0x02) => f.registers(Op::Wsbh, RS),
        (0x20, 0x10) => f.registers(Op::Seb, RS),
        (0x20, 0x18) => f.registers(Op::Seh, RS),
        _ => None,
    }
}

/// `ones(n)`: n low bits, n from 1 to 32.
fn ones(n: u8) -> u32 {
    u32::MAX >> (32 - u32::from(n))
}

fn extract(f: Fields, lowest: u8) -> Option<Instruction> {
    let size = f.rd() + 1;
    (lowest + size <= 32).then(|| Instruction {
        rd: lowest,
        ..f.with(Op::Ext, ones(size))
    })
}

fn insert(f: Fields, lowest: u8) -> Option<Instruction> {
    let highest = f.rd();
    (highest >= lowest).then(|| Instruction {
        rd: lowest,
        ..f.with(Op::Ins, ones(highest - lowest + 1) << lowest)
    })
}

fn primary(f: Fields) -> Option<Instruction> {
    let signed = |op| Some(f.with(op, f.signed()));
    let unsigned = |op| Some(f.with(op, f.unsigned()));
    let branch = |op| Some(f.with(op, f.distance()));
    let branch_on_one = |op| (f.rt() == 0).then(|| f.with(op, f.distance()));
    let jump = |op| Some(f.with(op, (f.0 & 0x03FF_FFFF) << 2));
    match f.0 >> 26 {
        0x02 => jump(Op::J),
        0x03 => jump(Op::Jal),
        0x04 => branch(Op::Beq),
        0x05 => branch(Op::Bne),
        0x06 => branch_on_one(Op::Blez),
        0x07 => branch_on_one(Op::Bgtz),
        0x08 => signed(Op::Addi),
        0x09 => signed(Op::Addiu),
        0x0A => signed(Op::Slti),
        0x0B => signed(Op::Sltiu),
        0x0C => unsigned(Op::Andi),
        0x0D => unsigned(Op::Ori),
        0x0E => unsigned(Op::Xori),
        0x0F => (f.rs() == 0).then(|| f.with(Op::Lui, f.unsigned() << 16)),
        0x14 => branch(Op::Beql),
        0x15 => branch(Op::Bnel),
        0x16 => branch_on_one(Op::Blezl),
        0x17 => branch_on_one(Op::Bgtzl),
        0x20 => signed(Op::Lb),
        0x21 => signed(Op::Lh),
        0x22 => signed(Op::Lwl),
        0x23 => signed(Op::Lw),
        0x24 => signed(Op::Lbu),
        0x25 => signed(Op::Lhu),
        0x26 => signed(Op::Lwr),
        0x28 => signed(Op::Sb),
        0x29 => signed(Op::Sh),
        0x2A => signed(Op::Swl),
        0x2B => signed(Op::Sw),
        0x2E => signed(Op::Swr),
        0x30 => signed(Op::Ll),
        0x33 => signed(Op::Pref),
        0x38 => signed(Op::Sc),
        _ => None,
    }
}
