//! Input vectors of quantized matrices, as the operator quantizes them: per block of 32 signed bytes and one binary16 scale.

use crate::level::by_level;
use crate::pack::BLOCK;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::num::{f16_to_f32, f32_to_f16};

/// 1.5 * 2^23: added to a number below 2^22 in magnitude it leaves the nearest integer, ties to even, in the low bits of the sum.
const ROUNDER: f32 = 12_582_912.0;
/// All bits but the sign.
const MAGNITUDE: u32 = 0x7fff_ffff;

/// A batch of quantized vectors. They lie in tiles of eight, four, two or one vectors that a kernel takes together: of a tile
/// first block 0 of each of its vectors, then block 1 of each.
#[derive(Clone, Copy, Debug)]
pub struct Activations<'a> {
    vectors: usize,
    blocks: usize,
    /// The blocks' quants.
    pub(crate) quants: &'a [[i8; BLOCK]],
    /// The same as 16-bit numbers, in [`ORDER`].
    pub(crate) pairs: &'a [[i16; BLOCK]],
    /// The blocks' scales.
    pub(crate) scales: &'a [f32],
    /// -8 times the sums of the blocks' quants: where the sum of products with weights that are stored plus 8 begins.
    pub(crate) starts: &'a [i32],
    /// -32 times the sums of the quants of each half of the blocks.
    pub(crate) half_starts: &'a [[i32; 2]],
    /// The scales times the sums: exact, for a scale has 11 bits and a sum 13.
    pub(crate) weighted: &'a [f32],
    /// The blocks as short vectors take them.
    #[cfg(target_arch = "wasm32")]
    pub(crate) repeated: &'a [Repeated],
}

/// A block as short vectors take it: what all lanes have in common in each of them, and quants for two rows.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy, Debug, bytemuck::Zeroable, bytemuck::Pod)]
#[repr(C)]
pub(crate) struct Repeated {
    /// Each eight quants twice.
    pub(crate) quants: [[u32; 4]; BLOCK / 8],
    /// The scale.
    pub(crate) scale: [u32; 4],
    /// Where sums begin, as [`Activations::starts`].
    pub(crate) start: [u32; 4],
}

/// Words of a `Repeated`, which WebAssembly alone has.
const REPEATED: usize = BLOCK / 2 + 8;

/// Where [`Activations`] are written.
struct Written<'a> {
    quants: &'a mut [[i8; BLOCK]],
    pairs: &'a mut [[i16; BLOCK]],
    scales: &'a mut [f32],
    starts: &'a mut [i32],
    half_starts: &'a mut [[i32; 2]],
    weighted: &'a mut [f32],
}

/// The columns of a block as kernels of 16-bit products take them: of columns 4j, 4j + 1, 4j + 2, 4j + 3 in the order 0, 2, 1, 3; for
/// short vectors of each sixteen first the even ones.
const ORDER: [usize; BLOCK] = {
    let mut order = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        order[at] = if cfg!(target_arch = "wasm32") {
            at / 16 * 16 + at % 8 * 2 + at / 8 % 2
        } else {
            at / 4 * 4 + [0, 2, 1, 3][at % 4]
        };
        at += 1;
    }
    order
};

/// Words of a block: quants, pairs, and five numbers.
const WORDS: usize = BLOCK / 4 + BLOCK / 2 + 5;
/// Words of a block in WebAssembly's memory.
const SHORT_WORDS: usize = REPEATED + WORDS;

impl<'a> Activations<'a> {
    /// Words of memory that a batch takes.
    pub fn words(vectors: usize, cols: usize) -> usize {
        let blocks = vectors * (cols / BLOCK);
        blocks
            * if cfg!(target_arch = "wasm32") {
                SHORT_WORDS
            } else {
                WORDS
            }
    }

    /// The same where vectors have 128 bits, whatever this target's have.
    pub fn short_words(vectors: usize, cols: usize) -> usize {
        vectors * (cols / BLOCK) * SHORT_WORDS
    }

    /// Quantizes vectors `x` \[vectors, cols\] into `memory`, at least [`Activations::words`] long.
    ///
    /// # Panics
    /// If `memory` is too short or `cols` is no multiple of 32.
    pub fn quantize(level: crate::Level, x: &[f32], cols: usize, memory: &'a mut [u32]) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        Quantizing::of(x, cols, memory).fill(level);
        #[cfg(target_arch = "wasm32")]
        {
            let (repeated, numbers) = memory.split_at_mut(x.len() / BLOCK * REPEATED);
            Quantizing::of(x, cols, numbers).fill(level);
            repeat(numbers, cast_slice_mut(repeated));
        }
        Activations::quantized(x.len() / cols.max(1), cols, memory)
    }

    /// A batch that [`Activations::quantize`] left in `memory`.
    ///
    /// # Panics
    /// If `memory` is shorter than [`Activations::words`].
    pub fn quantized(vectors: usize, cols: usize, memory: &'a [u32]) -> Self {
        let count = vectors * (cols / BLOCK);
        #[cfg(target_arch = "wasm32")]
        let (repeated, memory) = memory.split_at(count * REPEATED);
        let (quants, rest) = memory.split_at(count * BLOCK / 4);
        let (pairs, rest) = rest.split_at(count * BLOCK / 2);
        let (scales, rest) = rest.split_at(count);
        let (starts, rest) = rest.split_at(count);
        let (half_starts, rest) = rest.split_at(2 * count);
        let (quants, pairs): (&[i8], &[i16]) = (cast_slice(quants), cast_slice(pairs));
        Activations {
            vectors,
            blocks: cols / BLOCK,
            quants: quants.as_chunks().0,
            pairs: pairs.as_chunks().0,
            scales: cast_slice(scales),
            starts: cast_slice(starts),
            half_starts: cast_slice(half_starts),
            weighted: cast_slice(&rest[..count]),
            #[cfg(target_arch = "wasm32")]
            repeated: cast_slice(repeated),
        }
    }

    /// Vectors of the batch.
    pub fn vectors(&self) -> usize {
        self.vectors
    }

    /// Blocks of a vector.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The tiles, in order.
    pub(crate) fn tiles(&self) -> impl Iterator<Item = Tile> {
        tiles(self.vectors, self.blocks)
    }
}

/// Repeats what `numbers` has of blocks.
#[cfg(target_arch = "wasm32")]
fn repeat(numbers: &[u32], out: &mut [Repeated]) {
    let (quants, rest) = numbers.split_at(out.len() * BLOCK / 4);
    let (scales, starts) = rest[out.len() * BLOCK / 2..].split_at(out.len());
    let quants = quants.as_chunks::<{ BLOCK / 4 }>().0;
    for (((out, quants), scale), start) in out.iter_mut().zip(quants).zip(scales).zip(starts) {
        *out = Repeated {
            quants: core::array::from_fn(|at| {
                let (first, second) = (quants[2 * at], quants[2 * at + 1]);
                [first, second, first, second]
            }),
            scale: [*scale; 4],
            start: [*start; 4],
        };
    }
}

/// Vectors about to be quantized, so that several threads can share them.
pub struct Quantizing<'a> {
    x: &'a [[f32; BLOCK]],
    blocks: usize,
    out: Written<'a>,
}

impl<'a> Quantizing<'a> {
    /// All vectors `x` \[vectors, cols\], for what [`Activations::quantized`] is to find in `memory`.
    ///
    /// # Panics
    /// If `memory` is shorter than [`Activations::words`] or `cols` is no multiple of 32.
    pub fn of(x: &'a [f32], cols: usize, memory: &'a mut [u32]) -> Self {
        assert!(
            cols.is_multiple_of(BLOCK),
            "{cols} columns are no whole blocks"
        );
        let blocks = cols / BLOCK;
        let x = x.as_chunks::<BLOCK>().0;
        let (quants, rest) = memory.split_at_mut(x.len() * BLOCK / 4);
        let (pairs, rest) = rest.split_at_mut(x.len() * BLOCK / 2);
        let (scales, rest) = rest.split_at_mut(x.len());
        let (starts, rest) = rest.split_at_mut(x.len());
        let (half_starts, rest) = rest.split_at_mut(2 * x.len());
        let (quants, pairs): (&mut [i8], &mut [i16]) =
            (cast_slice_mut(quants), cast_slice_mut(pairs));
        let out = Written {
            quants: quants.as_chunks_mut().0,
            pairs: pairs.as_chunks_mut().0,
            scales: cast_slice_mut(scales),
            starts: cast_slice_mut(starts),
            half_starts: cast_slice_mut(half_starts),
            weighted: cast_slice_mut(&mut rest[..x.len()]),
        };
        Quantizing { x, blocks, out }
    }

    /// Number of vectors.
    pub fn vectors(&self) -> usize {
        self.x.len() / self.blocks.max(1)
    }

    /// Two parts of about a half, the first one of whole tiles.
    pub fn split(self) -> (Self, Self) {
        let vectors = (self.vectors() / 2)
            .next_multiple_of(MOST)
            .min(self.vectors());
        let (first, rest) = self.x.split_at(vectors * self.blocks);
        let (own, others) = self.out.split_at(first.len());
        let part = |x, out| Quantizing {
            x,
            blocks: self.blocks,
            out,
        };
        (part(first, own), part(rest, others))
    }

    /// Quantizes them.
    pub fn fill(self, level: crate::Level) {
        blocks(level, self.x, self.blocks, self.out);
    }
}

impl<'a> Written<'a> {
    /// The blocks before one, and those from it on.
    fn split_at(self, block: usize) -> (Self, Self) {
        let (quants, more_quants) = self.quants.split_at_mut(block);
        let (pairs, more_pairs) = self.pairs.split_at_mut(block);
        let (scales, more_scales) = self.scales.split_at_mut(block);
        let (starts, more_starts) = self.starts.split_at_mut(block);
        let (half_starts, more_half_starts) = self.half_starts.split_at_mut(block);
        let (weighted, more_weighted) = self.weighted.split_at_mut(block);
        let first = Written {
            quants,
            pairs,
            scales,
            starts,
            half_starts,
            weighted,
        };
        let rest = Written {
            quants: more_quants,
            pairs: more_pairs,
            scales: more_scales,
            starts: more_starts,
            half_starts: more_half_starts,
            weighted: more_weighted,
        };
        (first, rest)
    }
}

/// Most vectors of a tile.
const MOST: usize = 8;

/// Vectors that lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    /// The first vector.
    pub(crate) first: usize,
    /// Number of vectors: 8, 4, 2 or 1.
    pub(crate) vectors: usize,
    /// Index of the first block.
    pub(crate) base: usize,
}

impl Tile {
    /// Index of a block of the tile's `vector`-th vector.
    #[inline(always)]
    pub(crate) fn at(&self, vector: usize, block: usize) -> usize {
        self.base + block * self.vectors + vector
    }
}

/// The tiles of a batch.
fn tiles(vectors: usize, blocks: usize) -> impl Iterator<Item = Tile> {
    let mut first = 0;
    core::iter::from_fn(move || {
        let tile = Tile {
            first,
            vectors: match vectors - first {
                0 => return None,
                1 => 1,
                2..4 => 2,
                4..8 => 4,
                _ => MOST,
            },
            base: first * blocks,
        };
        first += tile.vectors;
        Some(tile)
    })
}

by_level! {
    fn blocks(x: &[[f32; BLOCK]], blocks: usize, out: Written<'_>) {
        for tile in tiles(x.len() / blocks.max(1), blocks) {
            for (index, x) in x[tile.base..][..tile.vectors * blocks].iter().enumerate() {
                let at = tile.at(index / blocks, index % blocks);
                let (whole, scale) = block(x);
                out.quants[at] = whole.map(|quant| quant as i8);
                let pairs = &mut out.pairs[at];
                for (at, pair) in pairs.iter_mut().enumerate() {
                    *pair = whole[ORDER[at]] as i16;
                }
                let (first, second) = whole.split_at(BLOCK / 2);
                let halves: [i32; 2] = [first.iter().sum(), second.iter().sum()];
                let sum = halves[0] + halves[1];
                out.scales[at] = scale;
                out.starts[at] = -8 * sum;
                out.half_starts[at] = halves.map(|half| -32 * half);
                out.weighted[at] = scale * sum as f32;
            }
        }
    }
}

/// The quants and the scale of a block. A scale of zero, infinity or NaN has zero quants.
#[inline(always)]
fn block(x: &[f32; BLOCK]) -> ([i32; BLOCK], f32) {
    let mut largest = 0;
    for x in x {
        largest = largest.max(x.to_bits() & MAGNITUDE);
    }
    let exact = f32::from_bits(largest) / 127.0;
    let scale = f16_to_f32(f32_to_f16(exact));
    if scale == 0.0 || !scale.is_finite() {
        return ([0; BLOCK], scale);
    }
    let inverse = 1.0 / exact;
    let mut quants = [0; BLOCK];
    for (quant, x) in quants.iter_mut().zip(x) {
        // The quant is the sum's low byte, read as a signed number.
        let shifted = (x * inverse + ROUNDER).to_bits();
        *quant = ((shifted.wrapping_sub(ROUNDER.to_bits())) << 24) as i32 >> 24;
    }
    (quants, scale)
}
