//! Weights of six bits or fewer: sixteen bytes are multiplied as they are.
//!
//! Two neighbours' products are added by relaxed SIMD's dot product of signed with 7-bit numbers. Only where the second operand has
//! its eighth bit set, or two products exceed 16 bits, does its specification leave a choice
//! (WebAssembly 3.0, `i16x8.relaxed_dot_i8x16_i7x16_s`). Weights are below 64 and a vector's quants at most 127 in magnitude, so it
//! has one result. Lanes of 16 bits are added as long as the sums fit, then become lanes of 32.

use super::{ROWS, Read, Sums, Way};
use crate::pack::BLOCK;
use crate::pack::form::{Form, Quants, Scaling};
use core::arch::wasm32::*;

/// Weights of six bits or fewer.
pub(super) struct Narrow;

/// A vector's block.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Its two halves.
    columns: [v128; 2],
    /// Where sums begin: all of them, or those of the two halves.
    starts: [v128; 2],
}

impl Way for Narrow {
    type Block = Block;

    #[inline(always)]
    unsafe fn block<F: Form>(read: &Read<'_, F>, block: usize, vector: usize) -> Block {
        let (at, x) = (read.at(block, vector), &read.x);
        // SAFETY: `Read::new` looked that the lists are long enough.
        let (quants, start, halves) = unsafe {
            (
                x.quants.get_unchecked(at).as_ptr(),
                x.starts.get_unchecked(at),
                x.half_starts.get_unchecked(at),
            )
        };
        // SAFETY: each half of a block is sixteen bytes.
        let half = |half: usize| unsafe { v128_load(quants.add(half * BLOCK / 2).cast()) };
        Block {
            columns: [half(0), half(1)],
            starts: match F::SCALING {
                Scaling::Halved => halves.map(|start| i32x4_splat(start)),
                _ => [i32x4_splat(F::KIND.eights_added() * start); 2],
            },
        }
    }

    #[inline(always)]
    unsafe fn sums<F: Form, const VECTORS: usize>(
        read: &Read<'_, F>,
        block: usize,
        quarter: usize,
        blocks: &[Block; VECTORS],
    ) -> [Sums; VECTORS] {
        let mut products = [[[i16x8_splat(0); ROWS]; 2]; VECTORS];
        for row in 0..ROWS {
            // SAFETY: the caller's promise.
            let weights = unsafe { weights::<F>(read.row(block, ROWS * quarter + row)) };
            for vector in 0..VECTORS {
                for half in 0..2 {
                    let columns = blocks[vector].columns[half];
                    products[vector][half][row] =
                        i16x8_relaxed_dot_i8x16_i7x16(columns, weights[half]);
                }
            }
        }
        core::array::from_fn(|vector| {
            let ([first, second], starts) = (products[vector], blocks[vector].starts);
            if F::SCALING == Scaling::Halved {
                return Sums::Halves([
                    i32x4_add(of_rows::<F>(first), starts[0]),
                    i32x4_add(of_rows::<F>(second), starts[1]),
                ]);
            }
            // Four products in a lane: at most 4 * 31 * 127.
            let both = core::array::from_fn(|row| i16x8_add(first[row], second[row]));
            Sums::Whole(i32x4_add(of_rows::<F>(both), starts[0]))
        })
    }
}

/// The sums of the lanes of each of four rows. Twice as much as a lane holds at first fits 16 bits: 4 * 63 * 127 of half a block, or
/// 8 * 31 * 127. Of nibbles four times as much does: 16 * 15 * 127.
#[inline(always)]
fn of_rows<F: Form>([a, b, c, d]: [v128; ROWS]) -> v128 {
    let two =
        |a: v128, b: v128| i16x8_add(i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<1, 3>(a, b));
    let (first, second) = (two(a, b), two(c, d));
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

/// The columns 0..16 and 16..32 of a row's block.
///
/// # Safety
/// A row's part of a block lies there.
#[inline(always)]
unsafe fn weights<F: Form>(row: *const u8) -> [v128; 2] {
    // SAFETY: the caller's promise; every form has sixteen bytes.
    let bytes = unsafe { v128_load(row.cast()) };
    let nibble = u8x16_splat(15);
    let (low, high) = (
        v128_and(bytes, nibble),
        v128_and(u16x8_shr(bytes, 4), nibble),
    );
    // SAFETY: the caller's promise; a form is asked for no more words than it has after the first sixteen bytes.
    let word = |at: usize| unsafe { v128_load32_splat(row.add(16 + 4 * at).cast()) };
    match F::QUANTS {
        Quants::Fives => {
            let bits = word(0);
            [low_fifths(bits, low), high_fifths(bits, high)]
        }
        Quants::Sixes => [with_pairs(word(0), low), with_pairs(word(1), high)],
        _ => [low, high],
    }
}

/// Nibbles with the fifth bits of columns 0..16.
#[inline(always)]
fn low_fifths(bits: v128, nibbles: v128) -> v128 {
    let own = u32x4(0x0101_0101, 0x0202_0202, 0x0404_0404, 0x0808_0808);
    with_bits(bits, own, nibbles)
}

/// Nibbles with the fifth bits of columns 16..32.
#[inline(always)]
fn high_fifths(bits: v128, nibbles: v128) -> v128 {
    let own = u32x4(0x1010_1010, 0x2020_2020, 0x4040_4040, 0x8080_8080);
    with_bits(bits, own, nibbles)
}

/// Nibbles and 16 where a byte has its own bit.
#[inline(always)]
fn with_bits(bits: v128, own: v128, nibbles: v128) -> v128 {
    let set = u8x16_eq(v128_and(bits, own), own);
    v128_or(nibbles, v128_and(set, u8x16_splat(16)))
}

/// Nibbles with the pairs of bits above them: lane j has the pair j of each byte.
#[inline(always)]
fn with_pairs(pairs: v128, nibbles: v128) -> v128 {
    // Each lane's pair, moved to bits 4 and 5: up by a multiplication, the highest one down.
    let up = v128_and(pairs, u32x4(0x0303_0303, 0x0c0c_0c0c, 0x3030_3030, 0));
    let up = i16x8_mul(up, i16x8(16, 16, 4, 4, 1, 1, 0, 0));
    let down = v128_and(u16x8_shr(pairs, 2), u32x4(0, 0, 0, 0x3030_3030));
    v128_or(nibbles, v128_or(up, down))
}
