//! The decoder against a second table of encodings.

use crate::encoding::pattern_of;
use crate::worlds::{seeded, word_of};
use gavel_machine::isa::{Instruction, Op, decode};
use rand::Rng;

fn instructions() -> impl Iterator<Item = Op> {
    Op::ALL.iter().copied().filter(|op| *op != Op::Illegal)
}

#[test]
fn every_word_of_an_instruction_decodes_to_it() {
    let mut rng = seeded(1);
    for op in instructions() {
        for _ in 0..500 {
            let word = word_of(op, &mut rng);
            assert_eq!(decode(word).op, op, "{word:#010x}");
        }
    }
}

#[test]
fn fields_that_must_be_zero_make_another_instruction_or_none() {
    let mut rng = seeded(2);
    for op in instructions().filter(|op| !matches!(op, Op::Ext | Op::Ins)) {
        let pattern = pattern_of(op);
        for bit in (0..32).filter(|bit| pattern.free >> bit & 1 == 0) {
            let word = pattern.random(&mut rng) ^ 1 << bit;
            assert_ne!(decode(word).op, op, "{word:#010x} is no {}", op.mnemonic());
        }
    }
}

/// Counts by the second table alone which random words are instructions.
#[test]
fn a_word_that_no_pattern_holds_is_illegal() {
    let mut rng = seeded(3);
    let holds =
        |word: u32| instructions().any(|op| word & !pattern_of(op).free == pattern_of(op).fixed);
    let field = |word: u32| word >> 26 == 0x1F && matches!(word & 63, 0 | 4);
    let mut illegal = 0;
    for _ in 0..20_000 {
        let word: u32 = rng.random();
        let word = if rng.random() {
            word & 0x03FF_FFFF | 0x1F << 26
        } else {
            word
        };
        if field(word) {
            continue;
        }
        assert_eq!(decode(word).op != Op::Illegal, holds(word), "{word:#010x}");
        illegal += u32::from(decode(word).op == Op::Illegal);
    }
    assert!(illegal > 1000);
}

#[test]
fn fields_of_ext_and_ins_end_at_bit_31() {
    for lowest in 0..32u32 {
        for other in 0..32u32 {
            let word = |function: u32| 0x1F << 26 | other << 11 | lowest << 6 | function;
            let ext = decode(word(0));
            assert_eq!(
                ext.op == Op::Ext,
                lowest + other < 32,
                "lowest {lowest}, size {}",
                other + 1
            );
            let ins = decode(word(4));
            assert_eq!(
                ins.op == Op::Ins,
                other >= lowest,
                "lowest {lowest}, highest {other}"
            );
        }
    }
}

#[test]
fn text_is_what_the_assembler_reads() {
    let check = |word: u32, expected: &str| assert_eq!(decode(word).to_string(), expected);
    // Words as GNU as 2.40 assembles the text on the right for mips32r2.
    check(0x0000_0000, "nop");
    check(0x0085_1021, "addu $v0, $a0, $a1");
    check(0x27BD_FFE0, "addiu $sp, $sp, -32");
    check(0x8FBF_001C, "lw $ra, 28($sp)");
    check(0x3C1C_0001, "lui $gp, 0x1");
    check(0x7C82_39C0, "ext $v0, $a0, 7, 8");
    check(0x7C82_7204, "ins $v0, $a0, 8, 7");
    check(0x1440_FFFE, "bne $v0, $zero, .-4");
    check(0x02A5_000D, "break 0xa9400");
    check(0x3042_00FF, "andi $v0, $v0, 0xff");
    check(0xFFFF_FFFF, ".word 0xffffffff");
    assert_eq!(size_of::<Instruction>(), 8);
}
