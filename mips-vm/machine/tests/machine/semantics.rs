//! What the specification says in numbers, case by case.

use crate::worlds::{World, seeded};
use gavel_machine::isa::SUCCESS;
use gavel_machine::{Exit, Machine, step};

/// The registers after one instruction at address 0, starting from a few.
fn after(word: u32, registers: &[(u8, u32)]) -> Machine {
    let world = World::of(&[word, 0, 0, 0], &mut seeded(0));
    let mut machine = Machine::first(0, &[0; 256]);
    machine.registers.hi = 7;
    machine.registers.lo = 9;
    for (register, value) in registers {
        machine.registers.set(*register, *value);
    }
    step(&world.context(), &mut machine);
    machine
}

const fn r(function: u32, s: u32, t: u32, d: u32) -> u32 {
    s << 21 | t << 16 | d << 11 | function
}

const fn i(opcode: u32, s: u32, t: u32, imm: u32) -> u32 {
    opcode << 26 | s << 21 | t << 16 | imm & 0xFFFF
}

#[test]
fn exits_change_the_exit_word_alone() {
    let cases = [
        (SUCCESS, Exit::Success),
        (0x0000_000D, Exit::Break),
        (0x02A5_004D, Exit::Break),
        (0x02A5_000C, Exit::Break),
        (r(0x34, 1, 1, 0), Exit::Trap),
        (0xFFFF_FFFF, Exit::Illegal),
        (0x7C03_E83B, Exit::Illegal),
        (i(0x23, 0, 2, 2), Exit::Unaligned),
        (i(0x21, 0, 2, 1), Exit::Unaligned),
        (i(0x29, 0, 2, 1), Exit::Unaligned),
        (i(0x38, 0, 2, 1), Exit::Unaligned),
        (i(0x23, 0, 2, 32), Exit::Load),
        (i(0x23, 3, 2, 0), Exit::Load),
        (i(0x20, 0, 2, 0x8000), Exit::Load),
        (i(0x2B, 0, 2, 0), Exit::Store),
        (i(0x28, 3, 2, 0), Exit::Store),
        (i(0x2B, 4, 2, 0), Exit::Store),
        (r(0x20, 1, 1, 2), Exit::Overflow),
        (i(0x08, 1, 2, 1), Exit::Overflow),
        (r(0x22, 5, 1, 2), Exit::Overflow),
    ];
    let registers = [
        (1, 0x7FFF_FFFF),
        (2, 5),
        (3, 0xF040_0000),
        (4, 0x9000_0000),
        (5, 0x8000_0000),
    ];
    for (word, exit) in cases {
        let machine = after(word, &registers);
        assert_eq!(machine.registers.exit, exit.code(), "{word:#010x}");
        let mut expected = after(0, &registers);
        (
            expected.registers.pc,
            expected.registers.next_pc,
            expected.registers.steps,
        ) = (0, 4, 0);
        expected.registers.exit = exit.code();
        assert_eq!(
            (machine.registers, machine.work),
            (expected.registers, expected.work),
            "{word:#010x}"
        );
    }
}

#[test]
fn a_fetch_outside_the_image_is_a_fault() {
    let world = World::of(&[0; 16], &mut seeded(0));
    for (pc, exit) in [
        (60, 0),
        (2, 5),
        (64, 5),
        (0xFFFF_FFFC, 5),
        (0xF000_0000, 5),
        (0x1000_0000, 5),
    ] {
        let mut machine = Machine::first(pc, &[0; 256]);
        step(&world.context(), &mut machine);
        assert_eq!(machine.registers.exit, exit, "{pc:#x}");
    }
}

#[test]
fn quotients_that_the_manual_leaves_open() {
    let both = |word, a, b| {
        let machine = after(word, &[(1, a), (2, b)]);
        (machine.registers.hi, machine.registers.lo)
    };
    let (div, divu) = (r(0x1A, 1, 2, 0), r(0x1B, 1, 2, 0));
    assert_eq!(both(div, 5, 0), (5, u32::MAX));
    assert_eq!(both(div, 0xFFFF_FFFB, 0), (0xFFFF_FFFB, u32::MAX));
    assert_eq!(both(divu, 5, 0), (5, u32::MAX));
    assert_eq!(both(div, 0x8000_0000, u32::MAX), (0, 0x8000_0000));
    assert_eq!(
        both(div, 0xFFFF_FFF9, 2),
        (0xFFFF_FFFF, 0xFFFF_FFFD),
        "-7 / 2 = -3, rest -1"
    );
    assert_eq!(both(divu, 0xFFFF_FFF9, 2), (1, 0x7FFF_FFFC));
}

#[test]
fn products_and_sums_of_products() {
    let both = |function, a, b| {
        let machine = after(0x1C << 26 | r(function, 1, 2, 0), &[(1, a), (2, b)]);
        (machine.registers.hi, machine.registers.lo)
    };
    let minus_one = u32::MAX;
    assert_eq!(both(0, minus_one, 10), (6, 0xFFFF_FFFF), "madd: 7:9 - 10");
    assert_eq!(
        both(1, minus_one, 10),
        (16, 0xFFFF_FFFF),
        "maddu: 7:9 + 9:FFFFFFF6"
    );
    assert_eq!(both(4, minus_one, 10), (7, 19), "msub: 7:9 + 10");
    assert_eq!(both(5, 1, 10), (6, 0xFFFF_FFFF), "msubu: 7:9 - 10");
    let mul = after(0x1C << 26 | r(2, 1, 2, 3), &[(1, 0x1_0001), (2, 0x1_0001)]);
    assert_eq!(
        (mul.registers.get(3), mul.registers.hi, mul.registers.lo),
        (0x2_0001, 7, 9)
    );
}

#[test]
fn partial_words_little_endian() {
    let mut machine = Machine::first(0, &[0; 256]);
    let base = 0xF000_0000;
    let mut run_one = |word: u32, rt: u32| {
        machine.registers = gavel_machine::Registers::at_entry(0);
        machine.registers.set(1, base);
        machine.registers.set(2, rt);
        machine.work.set_word(0, 0x4433_2211);
        step(&World::of(&[word], &mut seeded(0)).context(), &mut machine);
        (machine.registers.get(2), machine.work.word(0))
    };
    let loads = |opcode| [0, 1, 2, 3].map(|n| i(opcode, 1, 2, n));
    let old = 0xDDCC_BBAA;
    assert_eq!(
        loads(0x22).map(|w| run_one(w, old).0),
        [0x11CC_BBAA, 0x2211_BBAA, 0x3322_11AA, 0x4433_2211],
        "lwl"
    );
    assert_eq!(
        loads(0x26).map(|w| run_one(w, old).0),
        [0x4433_2211, 0xDD44_3322, 0xDDCC_4433, 0xDDCC_BB44],
        "lwr"
    );
    assert_eq!(
        loads(0x2A).map(|w| run_one(w, old).1),
        [0x4433_22DD, 0x4433_DDCC, 0x44DD_CCBB, 0xDDCC_BBAA],
        "swl"
    );
    assert_eq!(
        loads(0x2E).map(|w| run_one(w, old).1),
        [0xDDCC_BBAA, 0xCCBB_AA11, 0xBBAA_2211, 0xAA33_2211],
        "swr"
    );
    assert_eq!(
        loads(0x28).map(|w| run_one(w, old).1),
        [0x4433_22AA, 0x4433_AA11, 0x44AA_2211, 0xAA33_2211],
        "sb"
    );
    assert_eq!(
        loads(0x24).map(|w| run_one(w, old).0),
        [0x11, 0x22, 0x33, 0x44],
        "lbu"
    );
    assert_eq!(run_one(i(0x38, 1, 2, 0), old), (1, old), "sc");
}

#[test]
fn branches_count_from_the_delay_slot() {
    let flow = |word, value| {
        let machine = after(word, &[(1, value)]);
        (machine.registers.pc, machine.registers.next_pc)
    };
    assert_eq!(flow(i(4, 1, 0, 2), 0), (4, 12), "beq taken");
    assert_eq!(flow(i(4, 1, 0, 2), 1), (4, 8), "beq not taken");
    assert_eq!(flow(i(5, 1, 0, 0xFFFF), 1), (4, 0), "bne backwards");
    assert_eq!(flow(i(20, 1, 0, 2), 0), (4, 12), "beql taken");
    assert_eq!(flow(i(20, 1, 0, 2), 1), (8, 12), "beql not taken skips");
    let link = after(i(1, 31, 0x10, 2), &[(31, u32::MAX)]);
    assert_eq!(
        (link.registers.get(31), link.registers.next_pc),
        (8, 12),
        "bltzal reads ra first"
    );
    let jalr = after(r(9, 5, 0, 5), &[(5, 0x40)]);
    assert_eq!(
        (jalr.registers.get(5), jalr.registers.next_pc),
        (8, 0x40),
        "jalr reads rs first"
    );
}
