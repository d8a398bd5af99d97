//! Every step in Rust and in the EVM, over seeded random programs and states.

use crate::comparison::Tally;
use crate::encoding::pattern_of;
use crate::evm::StepContract;
use crate::worlds::{World, any_word, interesting, random_state, seeded, word_of};
use gavel_machine::isa::{Op, SUCCESS, decode};
use gavel_machine::{Exit, LazyTrees, Machine, step};
use rand::Rng;
use rand::rngs::StdRng;

/// A program of a random size with `word` at `pc`.
fn world_around(word: u32, rng: &mut StdRng) -> (World, u32) {
    let size = [1, 8, 40, 700][rng.random_range(0..4)];
    let mut words: Vec<u32> = (0..size).map(|_| any_word(rng)).collect();
    let place = rng.random_range(0..size);
    words[place] = word;
    (World::of(&words, rng), place as u32 * 4)
}

fn check(contract: &mut StepContract, world: &World, before: &Machine, tally: &mut Tally) {
    let context = world.context();
    tally.compare(contract, &context, &LazyTrees::new(context.inputs), before);
}

#[test]
fn every_instruction_over_random_states() {
    let mut rng = seeded(11);
    let mut contract = StepContract::new();
    let mut tally = Tally::default();
    for op in Op::ALL.iter().filter(|op| **op != Op::Illegal) {
        for _ in 0..120 {
            let word = word_of(*op, &mut rng);
            let (world, pc) = world_around(word, &mut rng);
            let mut before = random_state(pc, &mut rng);
            if accesses_memory(*op) && rng.random() {
                aim(&mut before, word, &mut rng);
            }
            check(&mut contract, &world, &before, &mut tally);
        }
    }
    for word in [SUCCESS, 0xFFFF_FFFF] {
        for _ in 0..30 {
            let (world, pc) = world_around(word, &mut rng);
            let before = random_state(pc, &mut rng);
            check(&mut contract, &world, &before, &mut tally);
        }
    }
    for _ in 0..200 {
        let (world, _) = world_around(rng.random(), &mut rng);
        let before = random_state(interesting(&mut rng), &mut rng);
        check(&mut contract, &world, &before, &mut tally);
    }
    tally.report("every kind of instruction");
    assert_complete(&tally);
}

/// No kind of instruction, none that reaches memory, and no exit is rare.
fn assert_complete(tally: &Tally) {
    for op in Op::ALL {
        let (steps, memory) = (tally.steps[op], tally.memory[op]);
        assert!(steps >= 20, "{} was stepped {steps} times", op.mnemonic());
        let enough = !accesses_memory(*op) || memory >= 20;
        assert!(enough, "{} reached memory {memory} times", op.mnemonic());
    }
    for exit in Exit::ALL {
        let times = tally.exits.get(&exit.code()).copied().unwrap_or(0);
        assert!(times >= 20, "{exit:?} came {times} times");
    }
}

fn accesses_memory(op: Op) -> bool {
    (Op::Lb..=Op::Ll).contains(&op) || op == Op::Sc
}

/// Points the base register of a load or store at mapped, mostly writable memory.
fn aim(before: &mut Machine, word: u32, rng: &mut StdRng) {
    let windows = [
        0xF000_0000,
        0xF000_0080,
        0xF03F_FFC0,
        0xF000_0020,
        0x9000_0040,
        0,
    ];
    let address = windows[rng.random_range(0..windows.len())] + 4 * rng.random_range(0..8u32);
    let base = (word >> 21 & 31) as u8;
    before
        .registers
        .set(base, address.wrapping_sub(decode(word).imm));
}

#[test]
fn random_words_and_words_one_bit_from_an_instruction() {
    let mut rng = seeded(12);
    let mut contract = StepContract::new();
    let mut tally = Tally::default();
    for round in 0..2500 {
        let near =
            word_of(Op::ALL[round % (Op::ALL.len() - 1)], &mut rng) ^ 1 << rng.random_range(0..32);
        let word = if round % 2 == 0 { rng.random() } else { near };
        let (world, pc) = world_around(word, &mut rng);
        check(
            &mut contract,
            &world,
            &random_state(pc, &mut rng),
            &mut tally,
        );
    }
    assert!(tally.steps[&Op::Illegal] > 300);
}

#[test]
fn every_bit_that_must_be_zero() {
    let mut rng = seeded(13);
    let mut contract = StepContract::new();
    let mut tally = Tally::default();
    for op in Op::ALL.iter().filter(|op| **op != Op::Illegal) {
        let pattern = pattern_of(*op);
        for bit in (0..32).filter(|bit| pattern.free >> bit & 1 == 0) {
            let (world, pc) = world_around(pattern.random(&mut rng) ^ 1 << bit, &mut rng);
            check(
                &mut contract,
                &world,
                &random_state(pc, &mut rng),
                &mut tally,
            );
        }
    }
    // Every place and size of ext and ins.
    for fields in 0..1024 {
        for function in [0, 4] {
            let word = 0x7C00_0000 | rng.random::<u32>() & 0x03FF_0000 | fields << 6 | function;
            let (world, pc) = world_around(word, &mut rng);
            check(
                &mut contract,
                &world,
                &random_state(pc, &mut rng),
                &mut tally,
            );
        }
    }
}

#[test]
fn exited_machines_and_whole_runs() {
    let mut rng = seeded(14);
    let mut contract = StepContract::new();
    let mut tally = Tally::default();
    for round in 0..60u32 {
        let words: Vec<u32> = (0..64).map(|_| any_word(&mut rng)).collect();
        let world = World::of(&words, &mut rng);
        let mut machine = random_state(rng.random_range(0..64) * 4, &mut rng);
        if round % 10 == 0 {
            machine.registers.exit = [1, 2, 9, 10, u32::MAX, 0x100][round as usize / 10];
        }
        for _ in 0..25 {
            check(&mut contract, &world, &machine, &mut tally);
            step(&world.context(), &mut machine);
        }
    }
}
