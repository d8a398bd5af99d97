//! The committed guest image: what window 0 of the machine holds, and the program header's `imageRoot`,
//! `entry` and `imageDepth`. `cargo xtask artifacts` writes the files in `mips-vm/guest/artifact`; nothing here builds them.

mod record;
mod symbols;

pub use record::{Record, record};
pub use symbols::{Symbol, symbol_at, symbols};

use gavel_primitives::{Depth, Hash, root_of_bytes};
use std::sync::OnceLock;

/// The image: text, then constants, from address 0. Zero past its end, up to `32 << IMAGE_DEPTH` bytes.
pub static IMAGE: &[u8] = include_bytes!("../../guest/artifact/guest.img");

/// Address of the first instruction: the linker script puts it first.
pub const ENTRY: u32 = 0;

/// Depth of the image's tree: the smallest that holds it.
pub const IMAGE_DEPTH: Depth = depth_of(IMAGE.len());

/// Root of the image's tree.
pub fn image_root() -> Hash {
    static ROOT: OnceLock<Hash> = OnceLock::new();
    *ROOT.get_or_init(|| root_of_bytes(IMAGE, IMAGE_DEPTH))
}

/// Depth of the smallest tree of 32-byte leaves that holds an image of `bytes`.
pub const fn depth_of(bytes: usize) -> Depth {
    bytes.div_ceil(32).next_power_of_two().trailing_zeros() as Depth
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_record_is_the_image_s() {
        let record = record();
        assert_eq!(record.sha256, hex::encode(Sha256::digest(IMAGE)));
        assert_eq!(record.image_root, hex::encode(image_root().0));
        assert_eq!(record.image_depth, IMAGE_DEPTH);
        assert_eq!(record.entry, ENTRY);
        assert_eq!(record.bytes, IMAGE.len());
    }

    #[test]
    fn text_ends_inside_the_image_and_success_is_in_it() {
        let text = &IMAGE[..record().text_end as usize];
        let success = 0x02A5_000Du32.to_le_bytes();
        assert_eq!(
            text.chunks_exact(4)
                .filter(|word| **word == success)
                .count(),
            1
        );
    }

    #[test]
    fn the_entry_has_a_symbol() {
        assert_eq!(symbol_at(ENTRY).map(|symbol| symbol.name), Some("_start"));
        assert_eq!(symbol_at(IMAGE.len() as u32 + 4096), None);
    }

    #[test]
    fn the_tree_is_the_smallest() {
        assert_eq!(depth_of(1), 0);
        assert_eq!(depth_of(32), 0);
        assert_eq!(depth_of(33), 1);
        assert_eq!(depth_of(64), 1);
        assert_eq!(depth_of(65), 2);
    }
}
