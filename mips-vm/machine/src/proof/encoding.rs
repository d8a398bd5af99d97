//! The bytes of a proof.
//!
//! | bytes | field |
//! |---|---|
//! | 32 | work root |
//! | 152 | registers |
//! | 32 + 8 + 32 each | instruction leaf, mask, written siblings; absent when nothing is fetched |
//! | 32 + 8 + 32 each | data leaf, mask, written siblings; absent when no memory is reached |

use super::refused::ProofRefused;
use crate::state::{REGISTERS_BYTES, Registers};
use gavel_primitives::{CompactProof, Hash};

/// Bytes of work root and registers.
pub(super) const HEAD_BYTES: usize = 32 + REGISTERS_BYTES;
const _: () = assert!(HEAD_BYTES == 184);

/// A leaf and its siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The leaf.
    pub leaf: Hash,
    /// Its siblings.
    pub proof: CompactProof,
}

/// The proof of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProof {
    /// Root of the work memory before the step.
    pub work_root: Hash,
    /// The registers before the step.
    pub registers: Registers,
    /// The instruction's leaf, unless the machine has exited or pc is outside the image.
    pub fetch: Option<Opening>,
    /// The leaf that is loaded from or stored to, if the step reaches memory.
    pub data: Option<Opening>,
}

impl StepProof {
    /// The proof as `MipsStep.step` takes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.work_root.0.to_vec();
        bytes.extend(self.registers.pack());
        for opening in self.fetch.iter().chain(&self.data) {
            bytes.extend(opening.leaf.0);
            bytes.extend(opening.proof.mask.to_be_bytes());
            opening
                .proof
                .siblings
                .iter()
                .for_each(|sibling| bytes.extend(sibling.0));
        }
        bytes
    }
}

/// Reads a proof from its start; every read is checked against the end.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    /// The next `count` bytes.
    fn take(&mut self, count: usize) -> Result<&'a [u8], ProofRefused> {
        let (got, expected) = (self.bytes.len(), self.at + count);
        let taken = self
            .bytes
            .get(self.at..expected)
            .ok_or(ProofRefused::TooShort { got, expected })?;
        self.at = expected;
        Ok(taken)
    }

    /// Work root and registers.
    pub(super) fn head(&mut self) -> Result<(Hash, Registers), ProofRefused> {
        let head: &[u8; HEAD_BYTES] = self
            .take(HEAD_BYTES)?
            .try_into()
            .expect("taken at that length");
        let (root, registers) = head
            .split_first_chunk::<32>()
            .expect("32 are fewer than 184");
        let registers = registers.first_chunk().expect("152 are left");
        Ok((Hash(*root), Registers::unpack(registers)))
    }

    /// A leaf, its mask and as many siblings as the mask has bits.
    pub(super) fn opening(&mut self) -> Result<Opening, ProofRefused> {
        let (leaf, mask) = self.take(40)?.split_at(32);
        let mask = mask
            .iter()
            .fold(0, |mask, byte| mask << 8 | u64::from(*byte));
        let written = self.take(32 * mask.count_ones() as usize)?;
        let siblings = written
            .as_chunks::<32>()
            .0
            .iter()
            .copied()
            .map(Hash)
            .collect();
        Ok(Opening {
            leaf: Hash(leaf.try_into().expect("32 bytes")),
            proof: CompactProof { mask, siblings },
        })
    }

    /// That nothing follows.
    pub(super) fn end(self) -> Result<(), ProofRefused> {
        let (got, expected) = (self.bytes.len(), self.at);
        if got == expected {
            Ok(())
        } else {
            Err(ProofRefused::TooLong { got, expected })
        }
    }
}
