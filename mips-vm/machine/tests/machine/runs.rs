//! The fast path against the plain step.

use crate::worlds::{World, any_word, random_state, seeded};
use gavel_machine::{FaultyStore, Machine, run, run_faulty, step};
use proptest::prelude::*;
use rand::Rng;

fn world(rng: &mut impl Rng) -> World {
    let words: Vec<u32> = (0..64).map(|_| any_word(rng)).collect();
    World::of(&words, rng)
}

fn steps(world: &World, machine: &Machine, count: u64) -> Machine {
    let mut machine = machine.clone();
    (0..count).for_each(|_| step(&world.context(), &mut machine));
    machine
}

fn assert_same(a: &Machine, b: &Machine) {
    assert_eq!(a.registers, b.registers);
    assert!(a.work == b.work, "work memories differ");
    assert_eq!(a.hash(), b.hash());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn run_equals_as_many_steps(seed: u64, count in 0u64..200) {
        let mut rng = seeded(seed);
        let world = world(&mut rng);
        let first = random_state(rng.random_range(0..64) * 4, &mut rng);
        assert_same(&run(&world.context(), &first, count), &steps(&world, &first, count));
    }
}

#[test]
fn a_faulty_store_changes_one_word_and_nothing_before() {
    // sw r1, 0(r2); addiu r2, r2, 4; b .-8; nop
    let program = [0xAC41_0000, 0x2442_0004, 0x1000_FFFD, 0];
    let world = World::of(&program, &mut seeded(0));
    let mut first = Machine::first(0, &[0; 256]);
    first.registers.set(1, 0x55);
    first.registers.set(2, 0xF000_0000);
    let fault = FaultyStore {
        at_step: 5,
        xor: 0xF,
    };
    let honest = run(&world.context(), &first, 8);
    assert_same(&run_faulty(&world.context(), &first, 8, fault), &honest);
    let lied = run_faulty(&world.context(), &first, 40, fault);
    let mut expected = run(&world.context(), &first, 40);
    assert_eq!(lied.registers, expected.registers);
    assert_eq!(
        (lied.work.word(4), lied.work.word(8), lied.work.word(12)),
        (0x55, 0x5A, 0x55)
    );
    expected.work.set_word(8, 0x5A);
    assert_same(&lied, &expected);
}
