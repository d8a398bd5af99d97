//! Packing: the planes of a matrix, as `gavel-kernels` defines them, become groups.

use super::form::{Quants, Scaling};
use super::{BLOCK, CELL, GROUP, Layout, Order, PART};
use crate::half;

/// The lowest bit of each nibble.
const LOWEST: u32 = 0x1111_1111;

/// The planes of a matrix's quants, and those of its scales.
struct Planes<'a> {
    quants: &'a [&'a [u8]],
    scales: &'a [&'a [u8]],
}

impl Layout {
    /// Packs group `group` of the planes (their bytes, in the order of [`gavel_program::WeightFormat::planes`]) into `out`,
    /// [`Layout::group_bytes`] long.
    ///
    /// # Panics
    /// If a plane is missing, or it or `out` is shorter than the layout.
    pub fn pack_group(&self, group: usize, planes: &[&[u8]], out: &mut [u8]) {
        out.fill(0);
        let (heads, quants) = out.split_at_mut(self.head_bytes());
        let count = match self.kind.quants() {
            Quants::Bytes | Quants::Nibbles | Quants::Named => 1,
            Quants::Fives | Quants::Sixes => 2,
        };
        let (quant_planes, scale_planes) = planes.split_at(count);
        let planes = Planes {
            quants: quant_planes,
            scales: scale_planes,
        };
        for lane in 0..GROUP.min(self.rows - group * GROUP) {
            let row = group * GROUP + lane;
            self.write_heads(row, lane, &planes, heads);
            self.write_quants(row, lane, &planes, quants);
        }
    }

    /// Writes a row's numbers into its lane of all heads.
    fn write_heads(&self, row: usize, lane: usize, planes: &Planes<'_>, heads: &mut [u8]) {
        let (scaling, super_blocks) = (self.kind.scaling(), self.blocks / self.kind.head_blocks());
        let halves = |plane: usize| &planes.scales[plane].as_chunks::<2>().0[row * super_blocks..];
        let blocks = |plane: usize| &planes.scales[plane][row * self.blocks..];
        for block in 0..self.blocks {
            let (head, outer) = (
                self.kind.head(self.order, block),
                block / self.kind.head_blocks(),
            );
            let mut half = |at: usize, number: [u8; 2]| match self.order {
                Order::Lanes => heads[at + 2 * lane..][..2].copy_from_slice(&number),
                Order::Short => {
                    let number = half::to_f32(u16::from_le_bytes(number));
                    heads[at + 4 * lane..][..4].copy_from_slice(&number.to_le_bytes());
                }
            };
            match scaling {
                Scaling::Scaled => half(head.scales, halves(0)[outer]),
                Scaling::Offset => {
                    half(head.scales, halves(0)[outer]);
                    half(head.mins, halves(1)[outer]);
                }
                Scaling::Nested => {
                    half(head.scales, halves(2)[outer]);
                    half(head.mins, halves(3)[outer]);
                    heads[head.small + lane] = blocks(0)[block];
                    heads[head.second() + lane] = blocks(1)[block];
                }
                Scaling::Halved => {
                    half(head.scales, halves(1)[outer]);
                    let small = &planes.scales[0][2 * (row * self.blocks + block)..];
                    heads[head.small + lane] = small[0];
                    heads[head.second() + lane] = small[1];
                }
            }
        }
    }

    /// Writes a row's quants into its part of all cells.
    fn write_quants(&self, row: usize, lane: usize, planes: &Planes<'_>, out: &mut [u8]) {
        let quants = self.kind.quants();
        let whole = if quants == Quants::Bytes { 8 } else { 4 };
        let bytes = &planes.quants[0].as_chunks::<PART>().0[row * self.blocks * whole..];
        let blocks = out.chunks_exact_mut(quants.cells() * CELL);
        for ((block, out), bytes) in blocks.enumerate().zip(bytes.chunks_exact(whole)) {
            let mut put = |cell: usize, word: u32| {
                let at = self.order.at(quants, cell, lane);
                out[at..][..PART].copy_from_slice(&word.to_le_bytes());
            };
            for (cell, bytes) in bytes.iter().enumerate() {
                put(cell, u32::from_le_bytes(*bytes) ^ self.order.flip(quants));
            }
            let at = row * self.blocks + block;
            match quants {
                Quants::Bytes | Quants::Nibbles | Quants::Named => {}
                Quants::Fives => {
                    let bits = planes.quants[1].as_chunks().0[at];
                    put(4, fifth_bits(u32::from_le_bytes(bits)));
                }
                Quants::Sixes => {
                    let pairs = &planes.quants[1].as_chunks::<{ BLOCK / 4 }>().0[at];
                    put(4, high_pairs(pairs, 0));
                    put(5, high_pairs(pairs, 16));
                }
            }
        }
    }
}

/// Bits, one a column, with those of columns k, 4 + k, 8 + k, ... together in byte k.
fn fifth_bits(bits: u32) -> u32 {
    let mut word = 0;
    for k in 0..PART {
        // Each nibble's bit k; the nibbles of a word are its columns 4j..4j + 4.
        let of_nibbles = bits >> k & LOWEST;
        for j in 0..8 {
            word |= (of_nibbles >> (4 * j) & 1) << (8 * k + j);
        }
    }
    word
}

/// Pairs of bits of columns `from..from + 16`, with those of columns k, 4 + k, 8 + k and 12 + k together in byte k.
fn high_pairs(pairs: &[u8; BLOCK / 4], from: usize) -> u32 {
    let mut word = 0;
    for column in 0..BLOCK / 2 {
        let at = from + column;
        let pair = u32::from(pairs[at % 8]) >> (2 * (at / 8)) & 3;
        word |= pair << (8 * (column % PART) + 2 * (column / PART));
    }
    word
}
