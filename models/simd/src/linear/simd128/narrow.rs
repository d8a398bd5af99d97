//! Weights of six bits or fewer: sixteen bytes, eight columns of each of two rows, are multiplied as they are.
//!
//! Two neighbours' products are added by relaxed SIMD's dot product of signed with 7-bit numbers. Only where the second operand has
//! its eighth bit set, or two products exceed 16 bits, does its specification leave a choice
//! (WebAssembly 3.0, `i16x8.relaxed_dot_i8x16_i7x16_s`). Weights are below 64 and a vector's quants at most 127 in magnitude, so it
//! has one result. Lanes of 16 bits are added as long as the sums fit, then become lanes of 32.

use super::{Here, Read, Sums, Way};
use crate::pack::CELL;
use crate::pack::form::{Form, Quants, Scaling};
use core::arch::wasm32::*;

/// Weights of six bits or fewer.
pub(super) struct Narrow;

/// Of two rows the columns 0..8, 8..16, 16..24 and 24..32.
type Columns = [v128; 4];

/// A vector's block.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Its columns, the same for both rows.
    columns: Columns,
    /// Where sums begin: all of them, or those of the two halves.
    starts: [v128; 2],
}

impl Way for Narrow {
    type Block = Block;

    #[inline(always)]
    unsafe fn block<F: Form>(read: &Read<'_, F>, here: Here, vector: usize) -> Block {
        // SAFETY: `Read::new` looked that the lists are long enough.
        let (repeated, halves) = unsafe {
            (
                &*here.x.add(vector),
                read.x
                    .half_starts
                    .get_unchecked(read.at(here.block, vector)),
            )
        };
        // SAFETY: four words are 16 bytes.
        let load = |words: &[u32; 4]| unsafe { v128_load(words.as_ptr().cast()) };
        let start = load(&repeated.start);
        Block {
            columns: core::array::from_fn(|at| load(&repeated.quants[at])),
            starts: match (F::SCALING, F::KIND.eights_added()) {
                (Scaling::Halved, _) => halves.map(|start| i32x4_splat(start)),
                (_, 0) => [i32x4_splat(0); 2],
                (_, 1) => [start; 2],
                (_, times) => [i32x4_mul(start, i32x4_splat(times)); 2],
            },
        }
    }

    #[inline(always)]
    unsafe fn sums<F: Form, const VECTORS: usize>(
        _: &Read<'_, F>,
        here: Here,
        quarter: usize,
        blocks: &[Block; VECTORS],
    ) -> [Sums; VECTORS] {
        // SAFETY: the caller's promise.
        let weights = unsafe { weights::<F>(here.cells, quarter) };
        core::array::from_fn(|vector| {
            let Block { columns, starts } = &blocks[vector];
            let products = weights.map(|weights| products(columns, weights));
            if F::SCALING == Scaling::Halved {
                let half = |half: usize| {
                    let [first, second] = products
                        .map(|products| i16x8_add(products[2 * half], products[2 * half + 1]));
                    i32x4_add(of_rows::<F>(first, second), starts[half])
                };
                return Sums::Halves([half(0), half(1)]);
            }
            // Eight products in a lane: at most 8 * 31 * 127.
            let [first, second] =
                products.map(|[a, b, c, d]| i16x8_add(i16x8_add(a, b), i16x8_add(c, d)));
            let sums = of_rows::<F>(first, second);
            Sums::Whole(match F::KIND.eights_added() {
                0 => sums,
                _ => i32x4_add(sums, starts[0]),
            })
        })
    }
}

/// The products of two rows, two added in each lane.
#[inline(always)]
fn products(columns: &Columns, weights: Columns) -> Columns {
    core::array::from_fn(|at| i16x8_relaxed_dot_i8x16_i7x16(columns[at], weights[at]))
}

/// The sums of each of four rows, of which a register has two with four lanes each. Twice as much as a lane holds at first fits 16 bits
/// only of nibbles: 16 * 15 * 127.
#[inline(always)]
fn of_rows<F: Form>(first: v128, second: v128) -> v128 {
    if F::QUANTS == Quants::Nibbles {
        return wide(i16x8_add(evens(first, second), odds(first, second)));
    }
    let (first, second) = (wide(first), wide(second));
    i32x4_add(evens(first, second), odds(first, second))
}

/// The lanes 0 and 2, of 32 bits, of two registers.
#[inline(always)]
fn evens(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<0, 2, 4, 6>(a, b)
}

/// The lanes 1 and 3.
#[inline(always)]
fn odds(a: v128, b: v128) -> v128 {
    i32x4_shuffle::<1, 3, 5, 7>(a, b)
}

/// The sums of neighbouring lanes of 16 bits.
#[inline(always)]
fn wide(sums: v128) -> v128 {
    i32x4_dot_i16x8(sums, i16x8_splat(1))
}

/// The weights of a block's rows `4 quarter..`, two rows at a time.
///
/// # Safety
/// The block's cells lie there.
#[inline(always)]
unsafe fn weights<F: Form>(cells: *const u8, quarter: usize) -> [Columns; 2] {
    // SAFETY: the caller's promise: a quarter of four cells are four registers.
    let nibbles = |at: usize| unsafe { v128_load(cells.add(quarter * CELL + 16 * at).cast()) };
    // SAFETY: the caller's promise; a form is asked for no more cells than it has. Of each row four bytes.
    let words = |cell: usize| unsafe { v128_load(cells.add(cell * CELL + 16 * quarter).cast()) };
    let pairs = match F::QUANTS {
        Quants::Fives => [words(4); 2],
        Quants::Sixes => [words(4), words(5)],
        _ => [u8x16_splat(0); 2],
    };
    core::array::from_fn(|two| {
        let [first, second] = [nibbles(2 * two), nibbles(2 * two + 1)];
        let mask = u8x16_splat(15);
        let low = [first, second].map(|bytes| v128_and(bytes, mask));
        let high = [first, second].map(|bytes| v128_and(u16x8_shr(bytes, 4), mask));
        let [low_bits, high_bits] = pairs.map(|words| twice(words, two));
        let [a, b, c, d] = [low[0], low[1], high[0], high[1]];
        match F::QUANTS {
            Quants::Fives => [
                with_bits(low_bits, 0x0101_0101, a),
                with_bits(low_bits, 0x0404_0404, b),
                with_bits(low_bits, 0x1010_1010, c),
                with_bits(low_bits, 0x4040_4040, d),
            ],
            Quants::Sixes => [
                with_low_pairs(low_bits, a),
                with_high_pairs(low_bits, b),
                with_low_pairs(high_bits, c),
                with_high_pairs(high_bits, d),
            ],
            _ => [a, b, c, d],
        }
    })
}

/// The first two words or the last two, each of them twice.
#[inline(always)]
fn twice(words: v128, two: usize) -> v128 {
    match two {
        0 => i32x4_shuffle::<0, 0, 1, 1>(words, words),
        _ => i32x4_shuffle::<2, 2, 3, 3>(words, words),
    }
}

/// Nibbles and 16 where a byte has its own bit: in the first of two words this one, in the second the next.
#[inline(always)]
fn with_bits(bits: v128, first: u32, nibbles: v128) -> v128 {
    let own = u32x4(first, first << 1, first, first << 1);
    let set = u8x16_eq(v128_and(bits, own), own);
    v128_or(nibbles, v128_and(set, u8x16_splat(16)))
}

/// Nibbles with the pairs of bits above them: in the first of two words pair 0 of each byte, in the second pair 1. They are moved to bits 4
/// and 5 by a multiplication, with factors that are no powers of two: of those the compiler would make shifts, lane by lane.
#[inline(always)]
fn with_low_pairs(pairs: v128, nibbles: v128) -> v128 {
    let own = v128_and(
        pairs,
        u32x4(0x0303_0303, 0x0c0c_0c0c, 0x0303_0303, 0x0c0c_0c0c),
    );
    let up = i16x8_mul(own, i16x8(17, 17, 5, 5, 17, 17, 5, 5));
    v128_or(nibbles, v128_and(up, u8x16_splat(48)))
}

/// The same of pairs 2 and 3.
#[inline(always)]
fn with_high_pairs(pairs: v128, nibbles: v128) -> v128 {
    let here = v128_and(pairs, u32x4(0x3030_3030, 0, 0x3030_3030, 0));
    let down = v128_and(u16x8_shr(pairs, 2), u32x4(0, 0x3030_3030, 0, 0x3030_3030));
    v128_or(nibbles, v128_or(here, down))
}
