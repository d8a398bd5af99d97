//! Executing one step from its proof: the Rust twin of `MipsStep.sol`.

use super::encoding::{Opening, Reader};
use super::refused::{Part, ProofRefused};
use super::touch::{Touch, touched};
use crate::Exit;
use crate::memory::{INPUTS_DEPTH, Memory, Place, WINDOW_DEPTH, WORK_DEPTH};
use crate::step::step_registers;
use gavel_primitives::{Depth, Hash, Proof, ProofError};

/// The hashes of the states before and after the step that `bytes` prove, in the context of these roots.
///
/// # Errors
/// [`ProofRefused`], checked in the same order as on chain.
pub fn step_proof(
    image_root: Hash,
    image_depth: Depth,
    inputs_root: Hash,
    bytes: &[u8],
) -> Result<(Hash, Hash), ProofRefused> {
    if image_depth > WINDOW_DEPTH {
        let (got, most) = (image_depth, WINDOW_DEPTH);
        return Err(ProofRefused::ImageTooDeep { got, most });
    }
    let mut reader = Reader::new(bytes);
    let (work_root, mut registers) = reader.head()?;
    let pre = registers.state_hash(&work_root);

    let pc = registers.pc;
    let inside = pc.is_multiple_of(4) && u64::from(pc >> 5) >> image_depth == 0;
    let mut word = None;
    if inside && !registers.exited() {
        let opening = reader.opening()?;
        let tree = Target::new(
            Place::Image(u64::from(pc >> 5)),
            image_root,
            image_depth,
            inputs_root,
            work_root,
        );
        tree.check(&opening)?;
        word = Some(word_of(&opening.leaf, (pc & 31) as usize));
    }

    let mut memory = OneLeaf(None);
    let mut target = None;
    if let Some(Touch { place, offset }) = touched(&registers, word, image_depth) {
        let opening = reader.opening()?;
        let tree = Target::new(place, image_root, image_depth, inputs_root, work_root);
        let siblings = tree.check(&opening)?;
        memory = OneLeaf(Some((
            opening.leaf,
            offset,
            matches!(place, Place::Work(_)),
        )));
        target = Some((tree, siblings));
    }
    reader.end()?;

    step_registers(&mut registers, word, &mut memory);
    let work_root = match (target, memory.0) {
        (Some((tree, siblings)), Some((leaf, _, true))) => siblings.root(tree.index, leaf),
        _ => work_root,
    };
    Ok((pre, registers.state_hash(&work_root)))
}

/// The tree that an opening must lead to.
struct Target {
    part: Part,
    index: u64,
    depth: Depth,
    root: Hash,
}

impl Target {
    fn new(place: Place, image: Hash, image_depth: Depth, inputs: Hash, work: Hash) -> Self {
        let (part, index, depth, root) = match place {
            Place::Image(index) => (Part::Image, index, image_depth, image),
            Place::Inputs(index) => (Part::Inputs, index, INPUTS_DEPTH + WINDOW_DEPTH, inputs),
            Place::Work(index) => (Part::Work, index, WORK_DEPTH, work),
        };
        Target {
            part,
            index,
            depth,
            root,
        }
    }

    /// The siblings, if the opening leads to the root.
    fn check(&self, opening: &Opening) -> Result<Proof, ProofRefused> {
        let proof = opening
            .proof
            .expand(0, self.depth)
            .map_err(|error| match error {
                ProofError::NotCanonical { level } => ProofRefused::NotCanonical { level },
                ProofError::WrongLength { .. } => {
                    unreachable!("the reader takes one sibling a bit")
                }
            })?;
        let (part, got, expected) = (self.part, proof.root(self.index, opening.leaf), self.root);
        if got != expected {
            return Err(ProofRefused::WrongRoot {
                part,
                got,
                expected,
            });
        }
        Ok(proof)
    }
}

fn word_of(leaf: &Hash, offset: usize) -> u32 {
    u32::from_le_bytes(
        *leaf.0[offset..]
            .first_chunk()
            .expect("an aligned word lies in its leaf"),
    )
}

/// The leaf that the step reaches, the offset of the word in it, and whether it lies in the work memory.
struct OneLeaf(Option<(Hash, usize, bool)>);

impl Memory for OneLeaf {
    fn load(&mut self, _address: u32) -> Result<u32, Exit> {
        let (leaf, offset, _) = self.0.as_ref().ok_or(Exit::Load)?;
        Ok(word_of(leaf, *offset))
    }

    fn store(&mut self, _address: u32, mask: u32, value: u32) -> Result<(), Exit> {
        let (leaf, offset, _) = self.0.as_mut().ok_or(Exit::Store)?;
        let word = word_of(leaf, *offset) & !mask | value & mask;
        leaf.0[*offset..*offset + 4].copy_from_slice(&word.to_le_bytes());
        Ok(())
    }
}
