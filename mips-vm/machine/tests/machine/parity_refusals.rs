//! What one twin refuses the other refuses, for the same reason with the same values.

use crate::evm::StepContract;
use crate::worlds::{World, any_word, random_state, seeded, word_of};
use gavel_machine::isa::Op;
use gavel_machine::{InputTrees, LazyTrees, Machine, Part, ProofRefused, prove, step_proof};
use gavel_primitives::Hash;
use rand::Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

struct Case {
    image: (Hash, u8),
    inputs_root: Hash,
    before: Hash,
    bytes: Vec<u8>,
}

impl Case {
    /// A step of `op`; the proofs of twenty seeds hold every part.
    fn new(seed: u64, op: Op) -> Self {
        let mut rng = seeded(seed);
        let mut words: Vec<u32> = (0..40).map(|_| any_word(&mut rng)).collect();
        // From register 1, which every other equals, 8 bytes on.
        words[5] = word_of(op, &mut rng) & !0x03E0_FFFF | 0x0020_0008;
        let world = World::of(&words, &mut rng);
        let mut before: Machine = random_state(20, &mut rng);
        let base = [0xF000_0000, 0x9000_0000, 0x1000_0040, 0xF03F_FF00, 0][seed as usize % 5];
        (1..32).for_each(|r| before.registers.set(r, base));
        let trees = LazyTrees::new(world.context().inputs);
        Case {
            image: (world.image.root(), world.image.depth()),
            inputs_root: trees.inputs_root(),
            before: before.hash(),
            bytes: prove(&world.context(), &before, &trees).encode(),
        }
    }

    /// Both twins' verdict on `bytes`, which is the same.
    fn verdict(
        &self,
        contract: &mut StepContract,
        bytes: &[u8],
    ) -> Result<(Hash, Hash), ProofRefused> {
        let rust = step_proof(self.image.0, self.image.1, self.inputs_root, bytes);
        let evm = contract.step(self.image, self.inputs_root, bytes).states;
        assert_eq!(evm, rust);
        rust
    }

    /// Flips each bit; counts the refusals by kind.
    fn flip_all(&self) -> BTreeMap<String, u32> {
        let mut contract = StepContract::new();
        let mut kinds = BTreeMap::new();
        for bit in 0..self.bytes.len() * 8 {
            let mut flipped = self.bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let kind = match self.verdict(&mut contract, &flipped) {
                Ok((before, _)) => {
                    assert_ne!(before, self.before, "bit {bit} is bound by nothing");
                    "another state".to_string()
                }
                Err(refused) => kind(&refused),
            };
            *kinds.entry(kind).or_default() += 1;
        }
        kinds
    }
}

fn kind(refused: &ProofRefused) -> String {
    match refused {
        ProofRefused::WrongRoot { part, .. } => format!("wrong root: {part:?}"),
        other => format!("{other:?}")
            .split(' ')
            .next()
            .expect("a name")
            .to_string(),
    }
}

const OPS: [Op; 8] = [
    Op::Lw,
    Op::Sw,
    Op::Addu,
    Op::Lbu,
    Op::Sh,
    Op::Bne,
    Op::Lwl,
    Op::Swr,
];

#[test]
fn every_bit_of_twenty_proofs() {
    let cases: Vec<Case> = (0..20)
        .map(|seed| Case::new(seed, OPS[seed as usize % OPS.len()]))
        .collect();
    let counted: Vec<_> = cases.par_iter().map(Case::flip_all).collect();
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    counted
        .into_iter()
        .flatten()
        .for_each(|(kind, times)| *kinds.entry(kind).or_default() += times);
    println!("flipped bits by refusal: {kinds:#?}");
    for part in [Part::Image, Part::Inputs, Part::Work] {
        assert!(kinds[&format!("wrong root: {part:?}")] > 100);
    }
    for kind in ["another state", "TooShort", "TooLong", "NotCanonical"] {
        assert!(kinds[kind] > 0, "{kind}");
    }
}

#[test]
fn cut_and_lengthened_proofs() {
    let mut contract = StepContract::new();
    for seed in 0..20 {
        let case = Case::new(seed, OPS[seed as usize % OPS.len()]);
        let length = case.bytes.len();
        for cut in (0..length).step_by(7).chain(length - 33..length) {
            let refused = case.verdict(&mut contract, &case.bytes[..cut]);
            assert!(
                matches!(refused, Err(ProofRefused::TooShort { got, .. }) if got == cut),
                "{refused:?}"
            );
        }
        for more in [1, 31, 32, 40, 64] {
            let mut bytes = case.bytes.clone();
            bytes.resize(length + more, 0);
            let refused = case.verdict(&mut contract, &bytes);
            assert_eq!(
                refused,
                Err(ProofRefused::TooLong {
                    got: length + more,
                    expected: length
                })
            );
        }
    }
}

#[test]
fn written_zero_siblings_and_bits_past_the_depth() {
    let mut contract = StepContract::new();
    let mut rng = seeded(21);
    for seed in 0..20 {
        let case = Case::new(seed, Op::Addu);
        let mask = u64::from_be_bytes(*case.bytes[216..].first_chunk().expect("a mask"));
        for level in 0..64u8 {
            if mask >> level & 1 == 1 {
                continue;
            }
            let mut bytes = case.bytes.clone();
            bytes[216..224].copy_from_slice(&(mask | 1 << level).to_be_bytes());
            let place = 224 + 32 * (mask & ((1 << level) - 1)).count_ones() as usize;
            let zero = gavel_primitives::zero_root(level);
            bytes.splice(place..place, zero.0);
            let refused = case.verdict(&mut contract, &bytes);
            let expected = level.min(case.image.1);
            assert_eq!(
                refused,
                Err(ProofRefused::NotCanonical { level: expected }),
                "level {level}"
            );
            if level < case.image.1 {
                bytes[place + rng.random_range(0..32)] ^= 1;
                let refused = case.verdict(&mut contract, &bytes);
                assert!(matches!(
                    refused,
                    Err(ProofRefused::WrongRoot {
                        part: Part::Image,
                        ..
                    })
                ));
            }
        }
    }
}

#[test]
fn other_contexts() {
    let mut contract = StepContract::new();
    for seed in 0..20 {
        let case = Case::new(seed, Op::Lw);
        let mut check = |image: (Hash, u8), inputs: Hash| {
            let rust = step_proof(image.0, image.1, inputs, &case.bytes);
            assert_eq!(contract.step(image, inputs, &case.bytes).states, rust);
            rust
        };
        let (root, depth) = case.image;
        let image_refused = check((Hash([7; 32]), depth), case.inputs_root);
        assert!(matches!(
            image_refused,
            Err(ProofRefused::WrongRoot {
                part: Part::Image,
                ..
            })
        ));
        for other in [depth - 1, depth + 1, 23] {
            assert!(
                check((root, other), case.inputs_root).is_err(),
                "depth {other}"
            );
        }
        assert_eq!(
            check((root, 24), case.inputs_root),
            Err(ProofRefused::ImageTooDeep { got: 24, most: 23 })
        );
        let reads_inputs = [1, 2].contains(&(seed % 5));
        let inputs_refused = check(case.image, Hash([7; 32]));
        assert_eq!(
            matches!(
                inputs_refused,
                Err(ProofRefused::WrongRoot {
                    part: Part::Inputs,
                    ..
                })
            ),
            reads_inputs
        );
    }
}
