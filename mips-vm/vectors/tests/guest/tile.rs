//! One tile on the machine.

use gavel_image::{ENTRY, IMAGE, record};
use gavel_machine::{Context, Exit, Image, Inputs, Machine, run};
use gavel_program::NODE_WORDS;
use gavel_program::boot::{BOOT_WINDOW, CONTROL_WINDOW, INPUT_WINDOW, TILE_BYTES, boot_words};
use gavel_program::control::CONTROL_WORDS;
use std::sync::OnceLock;

/// Words of a chunk.
pub(crate) const TILE_WORDS: usize = TILE_BYTES / 4;
/// A run that takes longer has hung.
const MAX_STEPS: u64 = 1 << 34;

/// A node with everything that its tiles read, as bytes.
pub(crate) struct Setting {
    record: [u32; NODE_WORDS],
    control: Vec<u8>,
    inputs: Vec<Vec<u8>>,
}

impl Setting {
    pub(crate) fn new(
        record: &[u32; NODE_WORDS],
        control: &[u32; CONTROL_WORDS],
        inputs: &[Vec<u32>],
    ) -> Self {
        Setting {
            record: *record,
            control: bytes(control),
            inputs: inputs.iter().map(|words| bytes(words)).collect(),
        }
    }

    /// Runs a tile to its successful end; gives the chunk and the number of instructions.
    pub(crate) fn run(&self, tile: u32, old: &[u32; TILE_WORDS]) -> ([u32; TILE_WORDS], u64) {
        let boot = bytes(&boot_words(&self.record, tile));
        let mut inputs = Inputs::new()
            .with(BOOT_WINDOW, &boot)
            .with(CONTROL_WINDOW, &self.control);
        for (index, input) in self.inputs.iter().enumerate() {
            inputs = inputs.with(INPUT_WINDOW + index, input);
        }
        let context = Context {
            image: image(),
            inputs,
        };
        let old = bytes(old).try_into().expect("a chunk has 256 bytes");
        let last = run(&context, &Machine::first(ENTRY, &old), MAX_STEPS);
        assert_eq!(last.registers.exit, Exit::Success.code());
        let chunk = last.work.chunk();
        let (words, _) = chunk.as_chunks::<4>();
        let words = std::array::from_fn(|at| u32::from_le_bytes(words[at]));
        (words, last.registers.steps)
    }
}

fn image() -> &'static Image {
    static DECODED: OnceLock<Image> = OnceLock::new();
    DECODED.get_or_init(|| {
        Image::from_parts(IMAGE, ENTRY, record().text_end).expect("the committed image is one")
    })
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
