//! Proofs of single steps, executed again from their bytes.

use crate::worlds::{World, any_word, random_state, seeded};
use gavel_machine::memory::CHUNK_DEPTH;
use gavel_machine::{InputTrees, LazyTrees, Machine, ProofRefused, prove, step, step_proof};
use gavel_primitives::{Hash, root_of_bytes};
use rand::Rng;

struct Case {
    world: World,
    before: Machine,
    after: Machine,
}

fn case(seed: u64) -> Case {
    let mut rng = seeded(seed);
    let words: Vec<u32> = (0..40).map(|_| any_word(&mut rng)).collect();
    let world = World::of(&words, &mut rng);
    let before = random_state(rng.random_range(0..66) * 4, &mut rng);
    let mut after = before.clone();
    step(&world.context(), &mut after);
    Case {
        world,
        before,
        after,
    }
}

impl Case {
    fn bytes(&self) -> (Vec<u8>, Hash) {
        let trees = LazyTrees::new(self.world.context().inputs);
        let proof = prove(&self.world.context(), &self.before, &trees);
        (proof.encode(), trees.inputs_root())
    }

    fn replay(&self, bytes: &[u8], inputs_root: Hash) -> Result<(Hash, Hash), ProofRefused> {
        step_proof(
            self.world.image.root(),
            self.world.image.depth(),
            inputs_root,
            bytes,
        )
    }
}

#[test]
fn a_proof_gives_the_states_before_and_after() {
    for seed in 0..3000 {
        let case = case(seed);
        let (bytes, inputs_root) = case.bytes();
        let expected = (case.before.hash(), case.after.hash());
        assert_eq!(
            case.replay(&bytes, inputs_root),
            Ok(expected),
            "seed {seed}"
        );
    }
}

#[test]
fn nothing_follows_and_nothing_is_missing() {
    for seed in 0..50 {
        let case = case(seed);
        let (mut bytes, inputs_root) = case.bytes();
        let expected = bytes.len();
        bytes.push(0);
        let got = bytes.len();
        assert_eq!(
            case.replay(&bytes, inputs_root),
            Err(ProofRefused::TooLong { got, expected })
        );
        for cut in [expected - 1, expected - 32, 184, 183, 0] {
            let refused = case.replay(&bytes[..cut], inputs_root);
            if cut < expected {
                assert!(
                    matches!(refused, Err(ProofRefused::TooShort { got, .. }) if got == cut),
                    "{refused:?}"
                );
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_or_opens_another_state() {
    for seed in 0..20 {
        let case = case(seed);
        let (bytes, inputs_root) = case.bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok((pre, _)) = case.replay(&flipped, inputs_root) {
                assert_ne!(pre, case.before.hash(), "seed {seed}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_context_with_another_root_or_depth_is_refused() {
    for seed in 0..50 {
        let case = case(seed);
        let (bytes, inputs_root) = case.bytes();
        let (root, depth) = (case.world.image.root(), case.world.image.depth());
        if bytes.len() > 184 {
            assert!(matches!(
                step_proof(Hash([1; 32]), depth, inputs_root, &bytes),
                Err(ProofRefused::WrongRoot { .. })
            ));
        }
        let deep = step_proof(root, 24, inputs_root, &bytes);
        assert_eq!(deep, Err(ProofRefused::ImageTooDeep { got: 24, most: 23 }));
    }
}

#[test]
fn the_chunk_is_proven_under_the_work_root() {
    let state = case(7).after;
    let proof = state
        .work
        .chunk_proof()
        .expand(CHUNK_DEPTH, 14)
        .expect("canonical");
    assert_eq!(
        proof.root(0, root_of_bytes(&state.work.chunk(), CHUNK_DEPTH)),
        state.work.root()
    );
}
