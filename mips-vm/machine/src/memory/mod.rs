//! The sixteen windows: the image, the inputs, the work memory.

mod image;
mod inputs;
mod map;
mod work;

pub use image::{Image, ImageError};
pub(crate) use inputs::word_or_zero;
pub use inputs::{Context, InputTrees, Inputs, LazyTrees, inputs_root_of, window_root};
pub use map::{Place, map};
pub use work::{
    CHUNK_BYTES, CHUNK_DEPTH, PAGE_BYTES, PAGE_DEPTH, Page, WORK_BYTES, WORK_DEPTH, Work,
};

/// Bytes of a window.
pub const WINDOW_BYTES: u32 = 1 << 28;
/// Depth of an input window's tree.
pub const WINDOW_DEPTH: gavel_primitives::Depth = 23;
/// Depth of the tree over the windows.
pub const INPUTS_DEPTH: gavel_primitives::Depth = 4;
/// The window of the image.
pub const IMAGE_WINDOW: usize = 0;
/// The window of the boot record.
pub const BOOT_WINDOW: usize = 1;
/// The window of the control slot.
pub const CONTROL_WINDOW: usize = 2;
/// The window of the node's first input.
pub const FIRST_INPUT_WINDOW: usize = 3;
/// The window of the work memory.
pub const WORK_WINDOW: usize = 15;
/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 32;

/// What an instruction sees of memory: aligned words.
pub trait Memory {
    /// The word at an aligned address.
    ///
    /// # Errors
    /// [`crate::Exit::Load`] where nothing is mapped.
    fn load(&mut self, address: u32) -> Result<u32, crate::Exit>;

    /// Replaces the bits under `mask` of the word at an aligned address by those of `value`.
    ///
    /// # Errors
    /// [`crate::Exit::Store`] outside the work memory.
    fn store(&mut self, address: u32, mask: u32, value: u32) -> Result<(), crate::Exit>;
}
