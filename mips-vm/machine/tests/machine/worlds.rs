//! Seeded random programs, inputs and states. Registers prefer addresses near mapped memory and extreme numbers, so
//! that loads hit, comparisons tie and every exit happens.

use crate::encoding::pattern_of;
use gavel_machine::isa::Op;
use gavel_machine::memory::{CHUNK_BYTES, Inputs};
use gavel_machine::{Context, Image, Machine, Registers};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Owned bytes of an image and of two input windows.
pub(crate) struct World {
    pub(crate) image: Image,
    boot: Vec<u8>,
    tensor: Vec<u8>,
}

impl World {
    /// A world around a program.
    pub(crate) fn of(words: &[u32], rng: &mut impl Rng) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        World {
            image: Image::from_parts(&bytes, 0, bytes.len() as u32)
                .expect("a program of whole words"),
            boot: (0..288).map(|_| rng.random()).collect(),
            // Not a multiple of 4: the last word reaches past the bytes.
            tensor: (0..1003).map(|_| rng.random()).collect(),
        }
    }

    /// What machines are stepped in.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            image: &self.image,
            inputs: Inputs::new().with(1, &self.boot).with(9, &self.tensor),
        }
    }
}

/// A random generator for a seed.
pub(crate) fn seeded(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Any number, an extreme one, or an address near mapped memory.
pub(crate) fn interesting(rng: &mut impl Rng) -> u32 {
    const EXTREMES: [u32; 8] = [0, 1, 2, 31, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, u32::MAX];
    const BASES: [u32; 9] = [
        0x0000_0000,
        0x1000_0000,
        0x9000_0000,
        0x9000_03E8,
        0xE000_0000,
        0xF000_0000,
        0xF000_0100,
        0xF03F_FFF0,
        0xF040_0000,
    ];
    match rng.random_range(0..10) {
        0..=2 => rng.random(),
        3..=4 => *EXTREMES.choose(rng).expect("not empty"),
        _ => BASES
            .choose(rng)
            .expect("not empty")
            .wrapping_add(rng.random_range(0..256) & !rng.random_range(0u32..4)),
    }
}

/// A word of the instruction, its immediate small half of the time.
pub(crate) fn word_of(op: Op, rng: &mut impl Rng) -> u32 {
    let pattern = pattern_of(op);
    let word = pattern.random(rng);
    let small_immediate = pattern.free & 0xFFFF == 0xFFFF && rng.random();
    if small_immediate {
        word & !0xFFE0
    } else {
        word
    }
}

/// An instruction of any kind, most of them harmless to a run.
pub(crate) fn any_word(rng: &mut impl Rng) -> u32 {
    match rng.random_range(0..200) {
        0 => rng.random(),
        _ => word_of(
            *Op::ALL[..Op::ALL.len() - 1].choose(rng).expect("not empty"),
            rng,
        ),
    }
}

/// A running machine at `pc` with random registers and some memory.
pub(crate) fn random_state(pc: u32, rng: &mut impl Rng) -> Machine {
    let mut registers = Registers::at_entry(pc);
    (1..32).for_each(|r| registers.set(r, interesting(rng)));
    registers.hi = interesting(rng);
    registers.lo = interesting(rng);
    registers.steps = if rng.random_range(0..4) == 0 {
        u64::MAX
    } else {
        rng.random()
    };
    if rng.random_range(0..4) == 0 {
        // In a delay slot: what follows lies elsewhere.
        registers.next_pc = interesting(rng);
    }
    let mut chunk = [0u8; CHUNK_BYTES];
    rng.fill(&mut chunk[..]);
    let mut machine = Machine::first(pc, &chunk);
    machine.registers = registers;
    for _ in 0..8 {
        machine
            .work
            .set_word(rng.random_range(0..256) * 4, rng.random());
        machine
            .work
            .set_word(0x3F_FE00 + rng.random_range(0..128) * 4, rng.random());
    }
    machine
}
