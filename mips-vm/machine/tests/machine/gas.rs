//! What a step costs on chain.

use crate::evm::StepContract;
use crate::worlds::seeded;
use gavel_machine::memory::{Inputs, WORK_BYTES};
use gavel_machine::{Context, Image, InputTrees, LazyTrees, Machine, prove};
use rand::Rng;

/// The bound of one `MipsStep` transaction, the calldata floor included.
const MOST_GAS: u64 = 120_000;

/// A guest of 256 KiB, fourteen inputs of 1 MiB and a work memory without a zero in it: few siblings are left out.
#[test]
fn a_step_over_full_memories_stays_under_its_bound() {
    let mut rng = seeded(31);
    let mut words: Vec<u32> = (0..1 << 16).map(|_| rng.random()).collect();
    // lw r2, 0(r1); sw r2, 0(r1); lb, swl; divu; madd; jal; clz
    let program = [
        0x8C22_0000,
        0xAC22_0000,
        0x8022_0000,
        0xA822_0003,
        0x0022_001B,
        0x7022_0000,
        0x0C00_0000,
        0x7020_1020,
    ];
    words[1000..1008].copy_from_slice(&program);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let image = Image::from_parts(&bytes, 4000, 8000).expect("an image");
    let tensor: Vec<u8> = (0..1 << 20).map(|_| rng.random()).collect();
    let inputs = (1..15).fold(Inputs::new(), |inputs, window| inputs.with(window, &tensor));
    let context = Context {
        image: &image,
        inputs,
    };
    let mut first = Machine::first(4000, &[1; 256]);
    for page in 0..WORK_BYTES as u32 / 4096 {
        first.work.set_word(page * 4096, rng.random());
    }
    (0..1024).for_each(|word| first.work.set_word(0x20_0000 + word * 4, rng.random()));
    let trees = LazyTrees::new(inputs);
    let inputs_root = trees.inputs_root();
    let mut contract = StepContract::new();
    let mut most = (0, 0);
    for (i, word) in program.iter().enumerate() {
        for base in [0xF020_0040, 0x9000_0040, 0x0000_0040] {
            let mut before = first.clone();
            before.registers = gavel_machine::Registers::at_entry(4000 + 4 * i as u32);
            (1..32).for_each(|r| before.registers.set(r, rng.random()));
            before.registers.set(1, base);
            before.registers.steps = rng.random();
            let proof = prove(&context, &before, &trees).encode();
            let answer = contract.step((image.root(), image.depth()), inputs_root, &proof);
            assert_eq!(
                answer.states.map(|(pre, _)| pre),
                Ok(before.hash()),
                "{word:#010x}"
            );
            println!(
                "{:<22} at {base:#010x}: proof {} bytes, gas {} ({} without the floor)",
                gavel_machine::isa::decode(*word).to_string(),
                proof.len(),
                answer.gas_used,
                answer.gas_spent
            );
            most = most.max((answer.gas_used, answer.gas_spent));
        }
    }
    assert!(most.0 < MOST_GAS, "{} gas", most.0);
}
