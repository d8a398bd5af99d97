//! The machine against an emulator that others wrote: one program of thousands of random instructions, each between freshly
//! loaded registers and a dump of all of them, run by qemu-mipsel and here. What the manual leaves UNPREDICTABLE, and what ends a
//! process, is left out.

use crate::elf;
use crate::worlds::{interesting, seeded, word_of};
use gavel_machine::isa::{Op, SUCCESS, decode};
use gavel_machine::memory::Inputs;
use gavel_machine::{Context, Exit, Image, Machine, run, step};
use rand::Rng;
use rand::rngs::StdRng;
use std::collections::BTreeMap;

/// Where the program lies in both memories: the lowest address that a process may map.
const TEXT: u32 = 0x1_0000;
/// Where the dumps start in the machine's memory.
const WORK: u32 = 0xF000_0000;
/// The register that points at the next dump, and the one that holds where to go at the end.
const BASE: u8 = 26;
const LAST: u8 = 27;
/// Random instructions tried of each kind. Each is one block.
const TRIES: usize = 40;
/// Registers that a block loads and dumps.
const USED: [u8; 29] = {
    let mut used = [0; 29];
    let (mut register, mut at) = (1, 0);
    while at < 29 {
        if register != BASE && register != LAST {
            used[at] = register;
            at += 1;
        }
        register += 1;
    }
    used
};
/// Bytes of a dump: the registers, hi, lo, and a word that stores may change.
const DUMP: u32 = 4 * (USED.len() as u32 + 3);
/// Register that hi and lo are dumped through, after it was dumped itself.
const THROUGH: u8 = 2;

const LUI: u32 = 0x0F << 26;
const ORI: u32 = 0x0D << 26;
const SW: u32 = 0x2B << 26;
const ADDIU: u32 = 0x09 << 26;
const MTHI: u32 = 0x11;
const MTLO: u32 = 0x13;
const MFHI: u32 = 0x10;
const MFLO: u32 = 0x12;
const JR_LAST: u32 = (LAST as u32) << 21 | 0x08;

fn immediate(op: u32, rs: u8, rt: u8, value: u32) -> u32 {
    op | u32::from(rs) << 21 | u32::from(rt) << 16 | value & 0xFFFF
}

/// A program under construction.
struct Program {
    words: Vec<u32>,
    blocks: u32,
    kinds: BTreeMap<Op, u32>,
}

impl Program {
    fn here(&self) -> u32 {
        TEXT + 4 * self.words.len() as u32
    }

    /// Loads every used register, then hi and lo from two of them.
    fn load(&mut self, values: &[u32; 32]) {
        for register in USED {
            let value = values[usize::from(register)];
            self.words.push(immediate(LUI, 0, register, value >> 16));
            self.words.push(immediate(ORI, register, register, value));
        }
        self.words.push(u32::from(USED[0]) << 21 | MTHI);
        self.words.push(u32::from(USED[1]) << 21 | MTLO);
    }

    /// Stores every used register, hi and lo, and moves the base behind them.
    fn dump(&mut self) {
        let store = |register, place| immediate(SW, BASE, register, 4 * place);
        let count = USED.len() as u32;
        self.words
            .extend((0..).zip(USED).map(|(at, r)| store(r, at)));
        let through = u32::from(THROUGH) << 11;
        self.words.extend([through | MFHI, store(THROUGH, count)]);
        self.words
            .extend([through | MFLO, store(THROUGH, count + 1)]);
        self.words.push(immediate(ADDIU, BASE, BASE, DUMP));
        self.blocks += 1;
    }

    /// A block around `word`; a jump gets a delay slot and an instruction that a taken one skips.
    fn block(&mut self, word: u32, rng: &mut StdRng) {
        let mut values: [u32; 32] = std::array::from_fn(|_| interesting(rng));
        let op = decode(word).op;
        // Where a jump goes: past its delay slot and one more instruction. Loading takes as many words in every block.
        let at = self.here() + 4 * (2 * USED.len() as u32 + 2);
        let target = at + 12;
        let word = match op {
            Op::J | Op::Jal => word & 0xFC00_0000 | target >> 2 & 0x03FF_FFFF,
            _ if is_branch(op) => word & 0xFFFF_0000 | 2,
            _ => word,
        };
        if matches!(op, Op::Jr | Op::Jalr) {
            values[(word >> 21 & 31) as usize] = target;
        }
        hold(word, &mut values);
        if !is_defined(word, &values) {
            return;
        }
        *self.kinds.entry(op).or_default() += 1;
        self.load(&values);
        self.words.push(word);
        if jumps(op) {
            self.words.push(immediate(ADDIU, 5, 5, 1));
            self.words.push(immediate(ADDIU, 6, 6, 1));
        }
        self.dump();
    }
}

fn is_branch(op: Op) -> bool {
    let regimm = matches!(
        op,
        Op::Bltz
            | Op::Bgez
            | Op::Bltzl
            | Op::Bgezl
            | Op::Bltzal
            | Op::Bgezal
            | Op::Bltzall
            | Op::Bgezall
    );
    let likely = matches!(op, Op::Beql | Op::Bnel | Op::Blezl | Op::Bgtzl);
    regimm || likely || matches!(op, Op::Beq | Op::Bne | Op::Blez | Op::Bgtz)
}

fn jumps(op: Op) -> bool {
    is_branch(op) || matches!(op, Op::J | Op::Jal | Op::Jr | Op::Jalr)
}

fn reaches_memory(op: Op) -> bool {
    (Op::Lb..=Op::Pref).contains(&op) || op == Op::Synci
}

/// What ends a process, or depends on what a processor is: never run.
fn is_foreign(op: Op) -> bool {
    matches!(op, Op::Syscall | Op::Break | Op::Sc | Op::Illegal)
}

/// Makes two numbers equal where only that keeps a trap from ending the process.
fn hold(word: u32, values: &mut [u32; 32]) {
    let (rs, rt) = ((word >> 21 & 31) as usize, (word >> 16 & 31) as usize);
    match decode(word).op {
        Op::Tne => values[rt] = values[rs],
        Op::Tnei => values[rs] = decode(word).imm,
        _ => {}
    }
}

/// An instruction of the kind whose register fields leave the two reserved registers alone, and which reaches memory, if at
/// all, in the last dump.
fn instruction(op: Op, rng: &mut StdRng) -> u32 {
    loop {
        let mut word = word_of(op, rng);
        if reaches_memory(op) {
            let offset: i32 = -(rng.random_range(1..=DUMP as i32));
            word = word & !(31 << 21 | 0xFFFF) | u32::from(BASE) << 21 | offset as u32 & 0xFFFF;
        }
        if matches!(op, Op::Clz | Op::Clo) {
            // The manual wants the destination in both fields.
            word = word & !(31 << 16) | (word >> 11 & 31) << 16;
        }
        let fields = [word >> 21 & 31, word >> 16 & 31, word >> 11 & 31];
        let first = usize::from(reaches_memory(op));
        let reserved = |field: &u32| [BASE, LAST].contains(&(*field as u8));
        let last = if reaches_memory(op) { 2 } else { 3 };
        if !fields[first..last].iter().any(reserved) {
            return word;
        }
    }
}

/// Whether the manual says what the instruction does to these registers, and it ends in no exception.
fn is_defined(word: u32, values: &[u32; 32]) -> bool {
    let (rs, rt, rd) = (word >> 21 & 31, word >> 16 & 31, word >> 11 & 31);
    let value = |register: u32| {
        if register == 0 {
            0
        } else {
            values[register as usize]
        }
    };
    let predictable = match decode(word).op {
        Op::Div => value(rt) != 0 && (value(rs), value(rt)) != (1 << 31, u32::MAX),
        Op::Divu => value(rt) != 0,
        Op::Clz | Op::Clo => rt == rd,
        Op::Jalr => rs != rd && rs != 0,
        Op::Jr => rs != 0,
        Op::Bltzal | Op::Bgezal | Op::Bltzall | Op::Bgezall => rs != 31,
        _ => true,
    };
    predictable && goes_on(word, values)
}

/// Whether the machine goes on after the instruction.
fn goes_on(word: u32, values: &[u32; 32]) -> bool {
    let bytes: Vec<u8> = [word, 0, 0, 0]
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .collect();
    let image = Image::from_parts(&bytes, 0, 16).expect("four instructions");
    let context = Context {
        image: &image,
        inputs: Inputs::new(),
    };
    let mut machine = Machine::first(0, &[0; 256]);
    (1..32).for_each(|r| machine.registers.set(r, values[usize::from(r)]));
    machine.registers.set(BASE, WORK + DUMP);
    step(&context, &mut machine);
    !machine.registers.exited()
}

fn program() -> Program {
    let mut rng = seeded(41);
    let mut program = Program {
        words: Vec::new(),
        blocks: 0,
        kinds: BTreeMap::new(),
    };
    // What the first block's loads find.
    program.load(&std::array::from_fn(|_| interesting(&mut rng)));
    program.dump();
    for op in Op::ALL.iter().filter(|op| !is_foreign(**op)) {
        for _ in 0..TRIES {
            let word = instruction(*op, &mut rng);
            program.block(word, &mut rng);
        }
    }
    program.words.extend([JR_LAST, 0]);
    program
}

/// The dumps that this machine leaves.
fn dumps_here(program: &Program) -> Vec<u8> {
    let mut words = vec![0; TEXT as usize / 4];
    words.extend(&program.words);
    let end = 4 * words.len() as u32;
    words.push(SUCCESS);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let image = Image::from_parts(&bytes, TEXT, end + 4).expect("an image");
    let context = Context {
        image: &image,
        inputs: Inputs::new(),
    };
    let mut first = Machine::first(TEXT, &[0; 256]);
    first.registers.set(BASE, WORK);
    first.registers.set(LAST, end);
    let last = run(&context, &first, 1 << 24);
    assert_eq!(last.registers.exit, Exit::Success.code());
    let word = |at: u32| last.work.word(at).to_le_bytes();
    (0..program.blocks * DUMP)
        .step_by(4)
        .flat_map(word)
        .collect()
}

#[test]
fn random_instructions_as_qemu_runs_them() {
    let program = program();
    let expected_kinds = Op::ALL.iter().filter(|op| !is_foreign(**op));
    for op in expected_kinds {
        let times = program.kinds.get(op).copied().unwrap_or(0);
        assert!(times >= 3, "{} ran {times} times", op.mnemonic());
    }
    let length = program.blocks * DUMP;
    let Some(theirs) = elf::output(TEXT, &program.words, (BASE, LAST), length) else {
        return;
    };
    let ours = dumps_here(&program);
    assert_eq!(theirs.len(), ours.len());
    let blocks = ours.chunks(DUMP as usize).zip(theirs.chunks(DUMP as usize));
    for (block, (ours, theirs)) in blocks.enumerate() {
        assert_eq!(ours, theirs, "dump {block} of {}", program.blocks);
    }
    println!(
        "{} instructions of {} kinds as qemu runs them",
        program.blocks,
        program.kinds.len()
    );
}
