//! Traces against hashing every state by itself.

use crate::worlds::{World, any_word, random_state, seeded};
use gavel_machine::{FaultyStore, Machine, Trace, run_faulty, step};
use gavel_primitives::{Hash, Tree};
use rand::Rng;

/// The tree over all states, the slow way.
fn naive(world: &World, first: &Machine, depth: u8) -> Tree {
    let mut machine = first.clone();
    let next = |_| {
        step(&world.context(), &mut machine);
        machine.hash()
    };
    Tree::new((0..1u64 << depth).map(next).collect::<Vec<Hash>>(), depth)
}

/// A loop that stores, loads and counts; it exits after `rounds`.
fn looping(rounds: u32) -> (World, Machine) {
    let program = [
        0xAC41_0000, // sw r1, 0(r2)
        0x8C43_0000, // lw r3, 0(r2)
        0x0061_0821, // addu r1, r3, r1
        0x2442_0024, // addiu r2, r2, 36
        0x2484_FFFF, // addiu r4, r4, -1
        0x1480_FFFA, // bne r4, zero, 0
        0x2421_0007, // addiu r1, r1, 7
        0x02A5_000D, // break 0x2A5
    ];
    let world = World::of(&program, &mut seeded(0));
    let mut first = Machine::first(0, &[3; 256]);
    first.registers.set(1, 0x0123_4567);
    first.registers.set(2, 0xF000_0040);
    first.registers.set(4, rounds);
    (world, first)
}

#[test]
fn every_node_of_random_programs() {
    for seed in 0..60 {
        let mut rng = seeded(seed);
        let words: Vec<u32> = (0..64).map(|_| any_word(&mut rng)).collect();
        let world = World::of(&words, &mut rng);
        let first = random_state(rng.random_range(0..64) * 4, &mut rng);
        let depth = rng.random_range(0..6);
        let trace = Trace::new(world.context(), &first, depth);
        let expected = naive(&world, &first, depth);
        for height in 0..=depth {
            for index in 0..1 << (depth - height) {
                assert_eq!(
                    trace.node(height, index),
                    expected.node(height, index),
                    "seed {seed}, {height}:{index}"
                );
            }
        }
    }
}

#[test]
fn a_loop_over_many_batches_and_its_constant_tail() {
    let (world, first) = looping(700);
    let trace = Trace::new(world.context(), &first, 13);
    let expected = naive(&world, &first, 13);
    assert_eq!(trace.steps(), 700 * 7 + 1);
    assert_eq!(trace.root(), expected.root());
    for index in [0, 1, 1023, 1024, 2047, 4899, 4900, 4901, 8191] {
        assert_eq!(trace.leaf(index), expected.node(0, index), "leaf {index}");
        assert_eq!(
            trace.state_at(index + 1).hash(),
            trace.leaf(index),
            "state {index}"
        );
    }
    assert_eq!(trace.state_at(0).hash(), first.hash());
}

#[test]
fn segments_meet() {
    // More than two segments of 2^16 steps.
    let (world, first) = looping(20_000);
    let trace = Trace::new(world.context(), &first, 18);
    assert_eq!(trace.steps(), 20_000 * 7 + 1);
    let mut machine = first.clone();
    for index in 0..trace.steps() {
        step(&world.context(), &mut machine);
        if [
            0, 65_534, 65_535, 65_536, 100_000, 131_071, 131_072, 140_000,
        ]
        .contains(&index)
        {
            assert_eq!(trace.leaf(index), machine.hash(), "leaf {index}");
        }
    }
    for height in 1..=18 {
        for index in [0, 1, 2, 3, (1u64 << (18 - height)) - 1] {
            if index >> (18 - height) == 0 {
                let children = [2 * index, 2 * index + 1].map(|i| trace.node(height - 1, i));
                assert_eq!(
                    trace.node(height, index),
                    gavel_primitives::node(&children[0], &children[1])
                );
            }
        }
    }
}

#[test]
fn a_lying_trace_parts_from_the_truth_at_its_store() {
    let (world, first) = looping(20_000);
    let honest = Trace::new(world.context(), &first, 18);
    for at_step in [0, 70_000, 65_536, 140_000] {
        let fault = FaultyStore {
            at_step,
            xor: 0x100,
        };
        let lying = Trace::with_fault(world.context(), &first, 18, fault);
        let Some(struck) = lying.fault() else {
            assert_eq!(
                (at_step, lying.root()),
                (140_000, honest.root()),
                "no store is left there"
            );
            continue;
        };
        assert!(struck.at_step >= at_step && struck.at_step < at_step + 7);
        assert_ne!(lying.root(), honest.root());
        for index in [
            0,
            struck.at_step.saturating_sub(1),
            struck.at_step,
            struck.at_step + 1,
            139_000,
        ] {
            assert_eq!(
                lying.leaf(index) == honest.leaf(index),
                index < struck.at_step,
                "leaf {index}"
            );
            let state = run_faulty(&world.context(), &first, index + 1, fault);
            assert_eq!(lying.leaf(index), state.hash(), "leaf {index} of the lie");
            assert_eq!(lying.state_at(index + 1).hash(), state.hash());
        }
    }
}
