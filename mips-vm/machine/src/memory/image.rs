//! Window 0: the guest's text and constants.

use super::{LEAF_BYTES, WINDOW_DEPTH};
use crate::isa::{Instruction, decode};
use gavel_primitives::{Depth, Hash, Tree};

/// Why bytes are no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// More bytes than window 0 has.
    #[error("an image of {got} bytes exceeds the window's {most}")]
    TooLarge {
        /// Bytes given.
        got: usize,
        /// Bytes of the window.
        most: usize,
    },
    /// The entry or the text's end is not a multiple of 4 inside the image.
    #[error("{address:#x} is no address of an instruction in an image of {bytes} bytes")]
    Outside {
        /// The address.
        address: u32,
        /// Bytes of the image.
        bytes: usize,
    },
}

/// A guest: its bytes, decoded once (text never changes), and their tree.
#[derive(Clone, Debug)]
pub struct Image {
    bytes: Vec<u8>,
    decoded: Vec<Instruction>,
    tree: Tree,
    entry: u32,
    text_end: u32,
}

impl Image {
    /// An image of `bytes`, zero-padded to the smallest tree that holds them.
    ///
    /// # Errors
    /// [`ImageError`] when the bytes exceed the window, or `entry` or `text_end` lies outside them.
    pub fn from_parts(bytes: &[u8], entry: u32, text_end: u32) -> Result<Self, ImageError> {
        let most = LEAF_BYTES << WINDOW_DEPTH;
        if bytes.len() > most {
            let got = bytes.len();
            return Err(ImageError::TooLarge { got, most });
        }
        let inside =
            |address: u32, end: usize| address.is_multiple_of(4) && address as usize <= end;
        let last_entry = bytes.len().saturating_sub(4);
        for (address, end) in [(entry, last_entry), (text_end, bytes.len())] {
            if !inside(address, end) {
                let bytes = bytes.len();
                return Err(ImageError::Outside { address, bytes });
            }
        }
        let depth = depth_of(bytes.len());
        let mut padded = bytes.to_vec();
        padded.resize(LEAF_BYTES << depth, 0);
        Ok(Image {
            decoded: padded
                .as_chunks::<4>()
                .0
                .iter()
                .map(|w| decode(u32::from_le_bytes(*w)))
                .collect(),
            tree: Tree::of_bytes(&padded, depth),
            bytes: padded,
            entry,
            text_end,
        })
    }

    /// The image's root.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Depth of the image's tree.
    pub fn depth(&self) -> Depth {
        self.tree.depth()
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The first instruction's address.
    pub fn entry(&self) -> u32 {
        self.entry
    }

    /// Where the text ends and the constants begin.
    pub fn text_end(&self) -> u32 {
        self.text_end
    }

    /// The bytes, padded to the whole tree.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every word of the image, decoded.
    pub fn decoded(&self) -> &[Instruction] {
        &self.decoded
    }

    /// The word at `pc`, if `pc` is a multiple of 4 inside the tree.
    pub fn word(&self, pc: u32) -> Option<u32> {
        let at = usize::try_from(pc).ok().filter(|_| pc.is_multiple_of(4))?;
        let bytes = self.bytes.get(at..at + 4)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u32::from(*byte)),
        )
    }
}

/// The smallest depth whose tree holds `bytes`.
fn depth_of(bytes: usize) -> Depth {
    let leaves = bytes.div_ceil(LEAF_BYTES).max(1);
    leaves.next_power_of_two().trailing_zeros() as Depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_padded_to_its_tree() {
        let image = Image::from_parts(&[1; 70], 4, 68).unwrap();
        assert_eq!(
            (image.depth(), image.bytes().len(), image.decoded().len()),
            (2, 128, 32)
        );
        assert_eq!(image.root(), gavel_primitives::root_of_bytes(&[1; 70], 2));
        assert_eq!(image.word(68), Some(0x0101));
        assert_eq!(
            (image.word(124), image.word(126), image.word(128)),
            (Some(0), None, None)
        );
    }

    #[test]
    fn addresses_outside_are_refused() {
        let outside = |address| ImageError::Outside { address, bytes: 8 };
        assert_eq!(Image::from_parts(&[0; 8], 8, 8).unwrap_err(), outside(8));
        assert_eq!(Image::from_parts(&[0; 8], 2, 8).unwrap_err(), outside(2));
        assert_eq!(Image::from_parts(&[0; 8], 4, 12).unwrap_err(), outside(12));
    }
}
