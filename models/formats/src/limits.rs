//! What an import chooses. It is part of the program, so two imports agree on an id only with equal limits.

use crate::InputScale;
use gavel_program::boot::WINDOW_BYTES;

/// Limits of an imported program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Positions, where the file announces more: caches are slots of a fixed size.
    pub max_context: u32,
    /// Bytes of the longest prompt: the chain hashes a prompt's whole slot when it is asked for.
    pub max_prompt_bytes: u32,
    /// Bytes of the longest answer: the chain hashes it when it is delivered.
    pub max_output_bytes: u32,
    /// Bytes of the largest plane of a matrix: of one that has more each shard has at most so many. A window of the machine holds no more than
    /// the default.
    pub max_plane_bytes: u32,
    /// How the bytes of a classic network's prompt become numbers.
    pub input: InputScale,
}

impl Default for Limits {
    /// 2,048 positions, 2,048 bytes of prompt, 4,096 bytes of answer, planes of a window; bytes over 255.
    fn default() -> Self {
        Limits {
            max_context: 2048,
            max_prompt_bytes: 2048,
            max_output_bytes: 4096,
            max_plane_bytes: WINDOW_BYTES as u32,
            input: InputScale::default(),
        }
    }
}

/// Bytes of prompt that a position allows for: a token of running text has about four.
const PROMPT_BYTES_A_TOKEN: u32 = 4;
/// Bytes of answer that a position allows for: tokens of few published vocabularies are longer.
const OUTPUT_BYTES_A_TOKEN: u32 = 16;
/// The least slot: a tile.
const TILE: u32 = gavel_program::TILE_BYTES as u32;

impl Limits {
    /// Bytes of the prompt slot for a context.
    pub fn prompt_bytes(&self, context: u32) -> u32 {
        slot_bytes(context, PROMPT_BYTES_A_TOKEN, self.max_prompt_bytes)
    }

    /// Bytes of the output slot for a context.
    pub fn output_bytes(&self, context: u32) -> u32 {
        slot_bytes(context, OUTPUT_BYTES_A_TOKEN, self.max_output_bytes)
    }
}

/// The power of two that holds `context * each`, at least a tile, at most `most`.
fn slot_bytes(context: u32, each: u32, most: u32) -> u32 {
    let wanted = u64::from(context) * u64::from(each);
    let bytes = wanted.next_power_of_two().min(u64::from(most)) as u32;
    bytes.max(TILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_the_context_up_to_the_limit() {
        let limits = Limits::default();
        assert_eq!(
            [limits.prompt_bytes(10), limits.output_bytes(10)],
            [256, 256]
        );
        assert_eq!(
            [limits.prompt_bytes(100), limits.output_bytes(100)],
            [512, 2048]
        );
        assert_eq!(
            [limits.prompt_bytes(4096), limits.output_bytes(4096)],
            [2048, 4096]
        );
    }
}
