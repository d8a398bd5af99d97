//! Which tree an address lies in.

use super::{WINDOW_DEPTH, WORK_BYTES};
use gavel_primitives::Depth;

/// A mapped address: the tree that holds it, and the index of its leaf there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the image's tree.
    Image(u64),
    /// In the tree over windows 1 to 14.
    Inputs(u64),
    /// In the work tree: the one writable place.
    Work(u64),
}

/// The place of `address`, or none if nothing is mapped there.
pub fn map(address: u32, image_depth: Depth) -> Option<Place> {
    let leaf = u64::from(address >> 5);
    match address >> 28 {
        0 => (leaf >> image_depth.min(WINDOW_DEPTH) == 0).then_some(Place::Image(leaf)),
        15 => {
            let offset = address & 0x0FFF_FFFF;
            (offset < WORK_BYTES as u32).then_some(Place::Work(u64::from(offset >> 5)))
        }
        _ => Some(Place::Inputs(leaf)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_has_its_tree_and_its_end() {
        let cases = [
            (0x0000_0000, Some(Place::Image(0))),
            (0x0000_07FF, Some(Place::Image(63))),
            (0x0000_0800, None),
            (0x0FFF_FFFF, None),
            (0x1000_0000, Some(Place::Inputs(1 << 23))),
            (0xEFFF_FFFF, Some(Place::Inputs((15 << 23) - 1))),
            (0xF000_0000, Some(Place::Work(0))),
            (0xF03F_FFFF, Some(Place::Work((1 << 17) - 1))),
            (0xF040_0000, None),
            (0xFFFF_FFFF, None),
        ];
        for (address, expected) in cases {
            assert_eq!(map(address, 6), expected, "{address:#x}");
        }
    }
}
