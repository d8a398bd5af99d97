//! The table of instructions.

/// How the operands of an instruction are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `op`
    Plain,
    /// `op rd, rs, rt`
    RdRsRt,
    /// `op rd, rt, sa`
    RdRtSa,
    /// `op rd, rt, rs`
    RdRtRs,
    /// `op rd, rs`
    RdRs,
    /// `op rd, rt`
    RdRt,
    /// `op rd`
    Rd,
    /// `op rs`
    Rs,
    /// `op rs, rt`
    RsRt,
    /// `op rt, rs, imm`, signed
    RtRsImm,
    /// `op rt, rs, imm`, in hexadecimal
    RtRsHex,
    /// `op rt, imm`, the upper half
    RtUpper,
    /// `op rs, imm`
    RsImm,
    /// `op rs, rt, distance`
    RsRtOffset,
    /// `op rs, distance`
    RsOffset,
    /// `op target`
    Target,
    /// `op rt, imm(rs)`
    RtMemory,
    /// `op imm(rs)`
    Memory,
    /// `op rt, rs, lowest bit, size`
    Field,
    /// `op code`
    Code,
    /// `.word`
    Word,
}

macro_rules! instructions {
    ($($op:ident $mnemonic:literal $form:ident,)*) => {
        /// Every instruction of the machine, and one for all other words.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Op { $(#[doc = concat!("`", $mnemonic, "`")] $op,)* }

        impl Op {
            /// All of them, in the order of the manual's opcode tables.
            pub const ALL: &[Op] = &[$(Op::$op,)*];

            /// The assembler's name.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Op::$op => $mnemonic,)* }
            }

            pub(super) const fn form(self) -> Form {
                match self { $(Op::$op => Form::$form,)* }
            }
        }
    };
}

instructions! {
    Sll "sll" RdRtSa,
    Srl "srl" RdRtSa,
    Rotr "rotr" RdRtSa,
    Sra "sra" RdRtSa,
    Sllv "sllv" RdRtRs,
    Srlv "srlv" RdRtRs,
    Rotrv "rotrv" RdRtRs,
    Srav "srav" RdRtRs,
    Jr "jr" Rs,
    Jalr "jalr" RdRs,
    Movz "movz" RdRsRt,
    Movn "movn" RdRsRt,
    Syscall "syscall" Code,
    Break "break" Code,
    Sync "sync" Plain,
    Mfhi "mfhi" Rd,
    Mthi "mthi" Rs,
    Mflo "mflo" Rd,
    Mtlo "mtlo" Rs,
    Mult "mult" RsRt,
    Multu "multu" RsRt,
    Div "div" RsRt,
    Divu "divu" RsRt,
    Add "add" RdRsRt,
    Addu "addu" RdRsRt,
    Sub "sub" RdRsRt,
    Subu "subu" RdRsRt,
    And "and" RdRsRt,
    Or "or" RdRsRt,
    Xor "xor" RdRsRt,
    Nor "nor" RdRsRt,
    Slt "slt" RdRsRt,
    Sltu "sltu" RdRsRt,
    Tge "tge" RsRt,
    Tgeu "tgeu" RsRt,
    Tlt "tlt" RsRt,
    Tltu "tltu" RsRt,
    Teq "teq" RsRt,
    Tne "tne" RsRt,
    Bltz "bltz" RsOffset,
    Bgez "bgez" RsOffset,
    Bltzl "bltzl" RsOffset,
    Bgezl "bgezl" RsOffset,
    Tgei "tgei" RsImm,
    Tgeiu "tgeiu" RsImm,
    Tlti "tlti" RsImm,
    Tltiu "tltiu" RsImm,
    Teqi "teqi" RsImm,
    Tnei "tnei" RsImm,
    Bltzal "bltzal" RsOffset,
    Bgezal "bgezal" RsOffset,
    Bltzall "bltzall" RsOffset,
    Bgezall "bgezall" RsOffset,
    Synci "synci" Memory,
    J "j" Target,
    Jal "jal" Target,
    Beq "beq" RsRtOffset,
    Bne "bne" RsRtOffset,
    Blez "blez" RsOffset,
    Bgtz "bgtz" RsOffset,
    Addi "addi" RtRsImm,
    Addiu "addiu" RtRsImm,
    Slti "slti" RtRsImm,
    Sltiu "sltiu" RtRsImm,
    Andi "andi" RtRsHex,
    Ori "ori" RtRsHex,
    Xori "xori" RtRsHex,
    Lui "lui" RtUpper,
    Beql "beql" RsRtOffset,
    Bnel "bnel" RsRtOffset,
    Blezl "blezl" RsOffset,
    Bgtzl "bgtzl" RsOffset,
    Madd "madd" RsRt,
    Maddu "maddu" RsRt,
    Mul "mul" RdRsRt,
    Msub "msub" RsRt,
    Msubu "msubu" RsRt,
    Clz "clz" RdRs,
    Clo "clo" RdRs,
    Ext "ext" Field,
    Ins "ins" Field,
    Wsbh "wsbh" RdRt,
    Seb "seb" RdRt,
    Seh "seh" RdRt,
    Lb "lb" RtMemory,
    Lh "lh" RtMemory,
    Lwl "lwl" RtMemory,
    Lw "lw" RtMemory,
    Lbu "lbu" RtMemory,
    Lhu "lhu" RtMemory,
    Lwr "lwr" RtMemory,
    Sb "sb" RtMemory,
    Sh "sh" RtMemory,
    Swl "swl" RtMemory,
    Sw "sw" RtMemory,
    Swr "swr" RtMemory,
    Ll "ll" RtMemory,
    Pref "pref" Memory,
    Sc "sc" RtMemory,
    Illegal ".word" Word,
}

impl Op {
    /// Whether it writes memory.
    pub const fn is_store(self) -> bool {
        matches!(self, Op::Sb | Op::Sh | Op::Swl | Op::Sw | Op::Swr | Op::Sc)
    }
}
