//! The machine's memory as the guest sees it: windows, the boot record and the tile.

use crate::node::{NODE_WORDS, RECORD_DEPTH};
use gavel_primitives::{Depth, Hash, node, raise, root_of_bytes, zero_root};

/// Bytes of a tile's output chunk, whatever the element type.
pub const TILE_BYTES: usize = 256;
/// Depth of a chunk's tree: eight leaves.
pub const TILE_DEPTH: Depth = 3;
/// Depth of a window of 256 MiB.
pub const WINDOW_DEPTH: Depth = 23;
/// Bytes of a window.
pub const WINDOW_BYTES: usize = 32 << WINDOW_DEPTH;
/// Windows of the machine.
pub const WINDOWS: usize = 16;
/// Window of the boot record: the node record, then the tile index as u32.
pub const BOOT_WINDOW: usize = 1;
/// Window of the control slot as it was when the node began.
pub const CONTROL_WINDOW: usize = 2;
/// Window of the node's first input.
pub const INPUT_WINDOW: usize = 3;
/// Window of work memory.
pub const WORK_WINDOW: usize = 15;
/// Depth of work memory: 4 MiB.
pub const WORK_DEPTH: Depth = 17;
/// Bytes of work memory.
pub const WORK_BYTES: usize = 32 << WORK_DEPTH;
/// Words of a boot record: the node record and one leaf for the tile index.
pub const BOOT_WORDS: usize = NODE_WORDS + 8;
/// Words of scratch memory that a tile may use (1.5 MiB): a sampler keeps a word for each token, and Gemma 3's larger models have
/// 262,208 of them.
pub const SCRATCH_WORDS: usize = 3 << 17;

/// First address of a window.
pub const fn window_address(window: usize) -> u32 {
    (window as u32) << 28
}

/// The boot record's words: node record, tile index, zeros.
pub fn boot_words(record: &[u32; NODE_WORDS], tile: u32) -> [u32; BOOT_WORDS] {
    let mut words = [0; BOOT_WORDS];
    words[..NODE_WORDS].copy_from_slice(record);
    words[NODE_WORDS] = tile;
    words
}

/// Root of the boot record's window, from the root of the node record's own subtree.
pub fn boot_window_root(record_root: &Hash, tile: u32) -> Hash {
    let tile_half = root_of_bytes(&tile.to_le_bytes(), RECORD_DEPTH);
    raise(
        node(record_root, &tile_half),
        RECORD_DEPTH + 1,
        WINDOW_DEPTH,
    )
}

/// Root of the tree over the sixteen window roots, from those of windows 1..=14 (unused ones are
/// [`zero_root`]`(WINDOW_DEPTH)`); image and work count as zero.
pub fn inputs_root(windows: &[Hash; WINDOWS - 2]) -> Hash {
    let mut leaves = [Hash::ZERO; WINDOWS];
    leaves[1..WINDOWS - 1].copy_from_slice(windows);
    gavel_primitives::root_of_leaves(&leaves, 4)
}

/// Root of an unused window.
pub fn empty_window() -> Hash {
    zero_root(WINDOW_DEPTH)
}

/// Root of work memory before the first instruction: the old chunk at its start, else zero.
pub fn first_work_root(old_chunk: &Hash) -> Hash {
    raise(*old_chunk, TILE_DEPTH, WORK_DEPTH)
}
