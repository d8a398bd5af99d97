//! Super-blocks of 256 elements, taken apart.
//!
//! | type | bytes of a super-block, in order |
//! |---|---|
//! | Q4_K | scale 2, min 2, small scales and mins 12, nibbles 128 |
//! | Q5_K | scale 2, min 2, small scales and mins 12, highest bits 32, nibbles 128 |
//! | Q6_K | nibbles 128, highest bits 64, small scales 16, scale 2 |
//!
//! 32 bytes of nibbles belong to two blocks of 32 elements: in Q4_K and Q5_K the low halves to one and the high halves to the
//! next; in Q6_K, of 64 bytes for four blocks, the low halves to the first two and the high halves to the last two. Byte j of
//! the highest bits of Q5_K has in bit b that of element j of block b; of Q6_K, of 32 bytes for four blocks, in its b-th pair of bits
//! those of element j of block b.

use super::{bytes_at, field, part};
use crate::gguf::{BLOCK, SUPER_BLOCK};
use gavel_program::Words;

/// Bytes of a super-block.
const Q4: usize = 144;
const Q5: usize = 176;
const Q6: usize = 210;
/// Blocks of a super-block.
const BLOCKS: usize = SUPER_BLOCK / BLOCK;
/// Bytes of a block of nibbles.
const NIBBLES: usize = BLOCK / 2;

/// Parts by their suffixes.
type Parts = Vec<(&'static str, Words)>;

/// The planes of Q4_K.
pub(super) fn q4(blocks: &[u8]) -> Parts {
    vec![
        (
            ".quants",
            part(blocks, |b: &[u8; Q4]| paired(&bytes_at(b, 16))),
        ),
        (".small_scales", part(blocks, |b: &[u8; Q4]| small(b, 0))),
        (".small_mins", part(blocks, |b: &[u8; Q4]| small(b, 4))),
        (".scales", field::<Q4, 0, 2>(blocks)),
        (".mins", field::<Q4, 2, 2>(blocks)),
    ]
}

/// The planes of Q5_K.
pub(super) fn q5(blocks: &[u8]) -> Parts {
    vec![
        (
            ".quants",
            part(blocks, |b: &[u8; Q5]| paired(&bytes_at(b, 48))),
        ),
        (
            ".highest",
            part(blocks, |b: &[u8; Q5]| bits(&bytes_at(b, 16))),
        ),
        (".small_scales", part(blocks, |b: &[u8; Q5]| small(b, 0))),
        (".small_mins", part(blocks, |b: &[u8; Q5]| small(b, 4))),
        (".scales", field::<Q5, 0, 2>(blocks)),
        (".mins", field::<Q5, 2, 2>(blocks)),
    ]
}

/// The planes of Q6_K.
pub(super) fn q6(blocks: &[u8]) -> Parts {
    vec![
        (
            ".quants",
            part(blocks, |b: &[u8; Q6]| quartered(&bytes_at(b, 0))),
        ),
        (
            ".highest",
            part(blocks, |b: &[u8; Q6]| pairs(&bytes_at(b, 128))),
        ),
        (".small_scales", field::<Q6, 192, 16>(blocks)),
        (".scales", field::<Q6, 208, 2>(blocks)),
    ]
}

/// Nibbles of a block from the low or high halves of 32 bytes: byte j has element j in its low and j + 16 in its high half.
fn block(source: &[u8], high: bool) -> [u8; NIBBLES] {
    let (first, second) = source.split_at(NIBBLES);
    std::array::from_fn(|j| match high {
        false => first[j] & 15 | second[j] << 4,
        true => first[j] >> 4 | second[j] & 0xf0,
    })
}

/// The nibbles of Q4_K and Q5_K, block by block.
fn paired(source: &[u8; 128]) -> [u8; 128] {
    let mut nibbles = [0; 128];
    for (at, out) in nibbles.as_chunks_mut::<NIBBLES>().0.iter_mut().enumerate() {
        *out = block(&source[at / 2 * BLOCK..][..BLOCK], at % 2 == 1);
    }
    nibbles
}

/// The nibbles of Q6_K, block by block.
fn quartered(source: &[u8; 128]) -> [u8; 128] {
    let mut nibbles = [0; 128];
    for (at, out) in nibbles.as_chunks_mut::<NIBBLES>().0.iter_mut().enumerate() {
        let start = at / 4 * 64 + at % 2 * BLOCK;
        *out = block(&source[start..][..BLOCK], at % 4 >= 2);
    }
    nibbles
}

/// The highest bits of Q5_K, block by block, the lowest bit of the first byte element 0.
fn bits(source: &[u8; BLOCK]) -> [u8; SUPER_BLOCK / 8] {
    let mut bits = [0; SUPER_BLOCK / 8];
    for (eight, bytes) in source.as_chunks().0.iter().enumerate() {
        let turned = transposed(u64::from_le_bytes(*bytes)).to_le_bytes();
        for (block, byte) in turned.into_iter().enumerate() {
            bits[4 * block + eight] = byte;
        }
    }
    bits
}

/// Eight bytes as rows of eight bits, with rows and columns exchanged: by single bits, then squares of two by two, of four by four.
fn transposed(mut rows: u64) -> u64 {
    for (apart, upper) in [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ] {
        let differing = (rows ^ rows >> apart) & upper;
        rows ^= differing ^ differing << apart;
    }
    rows
}

/// The two highest bits of Q6_K, block by block: byte j has elements j, j + 8, j + 16 and j + 24 from its lowest bits up.
fn pairs(source: &[u8; 64]) -> [u8; SUPER_BLOCK / 4] {
    let mut pairs = [0; SUPER_BLOCK / 4];
    for (at, out) in pairs.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let source = &source[at / 4 * BLOCK..][..BLOCK];
        let pair = |j: usize| source[j] >> (2 * (at % 4)) & 3;
        *out = std::array::from_fn(|j| {
            pair(j) | pair(j + 8) << 2 | pair(j + 16) << 4 | pair(j + 24) << 6
        });
    }
    pairs
}

/// The 6-bit scales (`first` 0) or mins (`first` 4) of Q4_K and Q5_K as bytes. Of bytes 4 to 15 of a super-block the first four
/// hold scales 0 to 3 and the next four mins 0 to 3, in 6 bits each; the last four the low nibbles of scales and mins 4 to 7, whose
/// two highest bits are those of the first eight bytes.
fn small<const IN: usize>(super_block: &[u8; IN], first: usize) -> [u8; BLOCKS] {
    let packed: [u8; 12] = bytes_at(super_block, 4);
    std::array::from_fn(|at| match at {
        0..4 => packed[first + at] & 63,
        _ => {
            let nibble = packed[4 + at] >> first & 15;
            nibble | packed[first + at - 4] >> 6 << 4
        }
    })
}
