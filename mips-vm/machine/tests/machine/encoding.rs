//! The words of each instruction, written down a second time from the manual's encodings.

use gavel_machine::isa::Op;
use rand::Rng;

/// The bits of a word that an instruction fixes; the others are free.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    pub(crate) fixed: u32,
    pub(crate) free: u32,
}

impl Pattern {
    /// Any word of the instruction.
    pub(crate) fn random(self, rng: &mut impl Rng) -> u32 {
        self.fixed | rng.random::<u32>() & self.free
    }
}

/// An instruction as 32 characters: `0` and `1` are fixed, any letter is free, blanks don't count.
fn pattern(text: &str) -> Pattern {
    let bits: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    assert_eq!(bits.len(), 32, "{text}");
    let collect =
        |one: &dyn Fn(char) -> bool| bits.iter().fold(0, |sum, c| sum << 1 | u32::from(one(*c)));
    Pattern {
        fixed: collect(&|c| c == '1'),
        free: collect(&|c| c.is_alphabetic()),
    }
}

/// The encoding of every instruction but [`Op::Illegal`].
#[rustfmt::skip]
pub(crate) fn pattern_of(op: Op) -> Pattern {
    pattern(match op {
        Op::Sll     => "000000 00000 ttttt ddddd aaaaa 000000",
        Op::Srl     => "000000 00000 ttttt ddddd aaaaa 000010",
        Op::Rotr    => "000000 00001 ttttt ddddd aaaaa 000010",
        Op::Sra     => "000000 00000 ttttt ddddd aaaaa 000011",
        Op::Sllv    => "000000 sssss ttttt ddddd 00000 000100",
        Op::Srlv    => "000000 sssss ttttt ddddd 00000 000110",
        Op::Rotrv   => "000000 sssss ttttt ddddd 00001 000110",
        Op::Srav    => "000000 sssss ttttt ddddd 00000 000111",
        Op::Jr      => "000000 sssss 00000 00000 h0000 001000",
        Op::Jalr    => "000000 sssss 00000 ddddd h0000 001001",
        Op::Movz    => "000000 sssss ttttt ddddd 00000 001010",
        Op::Movn    => "000000 sssss ttttt ddddd 00000 001011",
        Op::Syscall => "000000 ccccc ccccc ccccc ccccc 001100",
        Op::Break   => "000000 ccccc ccccc ccccc ccccc 001101",
        Op::Sync    => "000000 00000 00000 00000 yyyyy 001111",
        Op::Mfhi    => "000000 00000 00000 ddddd 00000 010000",
        Op::Mthi    => "000000 sssss 00000 00000 00000 010001",
        Op::Mflo    => "000000 00000 00000 ddddd 00000 010010",
        Op::Mtlo    => "000000 sssss 00000 00000 00000 010011",
        Op::Mult    => "000000 sssss ttttt 00000 00000 011000",
        Op::Multu   => "000000 sssss ttttt 00000 00000 011001",
        Op::Div     => "000000 sssss ttttt 00000 00000 011010",
        Op::Divu    => "000000 sssss ttttt 00000 00000 011011",
        Op::Add     => "000000 sssss ttttt ddddd 00000 100000",
        Op::Addu    => "000000 sssss ttttt ddddd 00000 100001",
        Op::Sub     => "000000 sssss ttttt ddddd 00000 100010",
        Op::Subu    => "000000 sssss ttttt ddddd 00000 100011",
        Op::And     => "000000 sssss ttttt ddddd 00000 100100",
        Op::Or      => "000000 sssss ttttt ddddd 00000 100101",
        Op::Xor     => "000000 sssss ttttt ddddd 00000 100110",
        Op::Nor     => "000000 sssss ttttt ddddd 00000 100111",
        Op::Slt     => "000000 sssss ttttt ddddd 00000 101010",
        Op::Sltu    => "000000 sssss ttttt ddddd 00000 101011",
        Op::Tge     => "000000 sssss ttttt ccccc ccccc 110000",
        Op::Tgeu    => "000000 sssss ttttt ccccc ccccc 110001",
        Op::Tlt     => "000000 sssss ttttt ccccc ccccc 110010",
        Op::Tltu    => "000000 sssss ttttt ccccc ccccc 110011",
        Op::Teq     => "000000 sssss ttttt ccccc ccccc 110100",
        Op::Tne     => "000000 sssss ttttt ccccc ccccc 110110",
        Op::Bltz    => "000001 sssss 00000 iiiiiiiiiiiiiiii",
        Op::Bgez    => "000001 sssss 00001 iiiiiiiiiiiiiiii",
        Op::Bltzl   => "000001 sssss 00010 iiiiiiiiiiiiiiii",
        Op::Bgezl   => "000001 sssss 00011 iiiiiiiiiiiiiiii",
        Op::Tgei    => "000001 sssss 01000 iiiiiiiiiiiiiiii",
        Op::Tgeiu   => "000001 sssss 01001 iiiiiiiiiiiiiiii",
        Op::Tlti    => "000001 sssss 01010 iiiiiiiiiiiiiiii",
        Op::Tltiu   => "000001 sssss 01011 iiiiiiiiiiiiiiii",
        Op::Teqi    => "000001 sssss 01100 iiiiiiiiiiiiiiii",
        Op::Tnei    => "000001 sssss 01110 iiiiiiiiiiiiiiii",
        Op::Bltzal  => "000001 sssss 10000 iiiiiiiiiiiiiiii",
        Op::Bgezal  => "000001 sssss 10001 iiiiiiiiiiiiiiii",
        Op::Bltzall => "000001 sssss 10010 iiiiiiiiiiiiiiii",
        Op::Bgezall => "000001 sssss 10011 iiiiiiiiiiiiiiii",
        Op::Synci   => "000001 sssss 11111 iiiiiiiiiiiiiiii",
        Op::J       => "000010 iiiiiiiiiiiiiiiiiiiiiiiiii",
        Op::Jal     => "000011 iiiiiiiiiiiiiiiiiiiiiiiiii",
        Op::Beq     => "000100 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Bne     => "000101 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Blez    => "000110 sssss 00000 iiiiiiiiiiiiiiii",
        Op::Bgtz    => "000111 sssss 00000 iiiiiiiiiiiiiiii",
        Op::Addi    => "001000 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Addiu   => "001001 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Slti    => "001010 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Sltiu   => "001011 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Andi    => "001100 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Ori     => "001101 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Xori    => "001110 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Lui     => "001111 00000 ttttt iiiiiiiiiiiiiiii",
        Op::Beql    => "010100 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Bnel    => "010101 sssss ttttt iiiiiiiiiiiiiiii",
        Op::Blezl   => "010110 sssss 00000 iiiiiiiiiiiiiiii",
        Op::Bgtzl   => "010111 sssss 00000 iiiiiiiiiiiiiiii",
        Op::Madd    => "011100 sssss ttttt 00000 00000 000000",
        Op::Maddu   => "011100 sssss ttttt 00000 00000 000001",
        Op::Mul     => "011100 sssss ttttt ddddd 00000 000010",
        Op::Msub    => "011100 sssss ttttt 00000 00000 000100",
        Op::Msubu   => "011100 sssss ttttt 00000 00000 000101",
        Op::Clz     => "011100 sssss ttttt ddddd 00000 100000",
        Op::Clo     => "011100 sssss ttttt ddddd 00000 100001",
        // Lowest bit up to 15, size up to 16: every such field fits.
        Op::Ext     => "011111 sssss ttttt 0mmmm 0llll 000000",
        // Highest bit from 16 on, lowest up to 15.
        Op::Ins     => "011111 sssss ttttt 1mmmm 0llll 000100",
        Op::Wsbh    => "011111 00000 ttttt ddddd 00010 100000",
        Op::Seb     => "011111 00000 ttttt ddddd 10000 100000",
        Op::Seh     => "011111 00000 ttttt ddddd 11000 100000",
        Op::Lb      => "100000 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lh      => "100001 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lwl     => "100010 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lw      => "100011 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lbu     => "100100 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lhu     => "100101 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Lwr     => "100110 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Sb      => "101000 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Sh      => "101001 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Swl     => "101010 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Sw      => "101011 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Swr     => "101110 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Ll      => "110000 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Pref    => "110011 bbbbb hhhhh iiiiiiiiiiiiiiii",
        Op::Sc      => "111000 bbbbb ttttt iiiiiiiiiiiiiiii",
        Op::Illegal => panic!("no pattern holds all other words"),
    })
}
