//! Weights of eight bits: what a row has of sixteen bytes is read as eight signed numbers of 16 bits.
//!
//! Such a number is `even + 256 odd`, of two columns. Its product with the even column of a vector holds `256 odd` too often, which
//! goes when the odd weight, shifted down, is multiplied with the odd column less 256 times the even one. So nothing is masked, and
//! all of it is exact.

use super::{Here, ROWS, Read, Sums, Way};
use crate::pack::form::{CODEBOOK, Form, Quants};
use crate::pack::{BLOCK, CELL, GROUP};
use core::arch::wasm32::*;

/// Weights of eight bits.
pub(super) struct Wide;

/// A vector's block.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// What the four parts of a row's weights are multiplied with.
    columns: [v128; 4],
    /// Where sums begin: even weights have 128 added, which odd ones don't.
    start: v128,
}

impl Way for Wide {
    type Block = Block;

    #[inline(always)]
    unsafe fn block<F: Form>(read: &Read<'_, F>, here: Here, vector: usize) -> Block {
        // SAFETY: `Read::new` looked that the list is long enough.
        let pairs = unsafe { read.x.pairs.get_unchecked(read.at(here.block, vector)) };
        let [even, odd, later_even, later_odd] = [0, 1, 2, 3].map(|at| eight(pairs, at));
        let less = |x: v128, y: v128| i16x8_sub(x, i16x8_shl(y, 8));
        Block {
            columns: [
                even,
                less(odd, even),
                later_even,
                less(later_odd, later_even),
            ],
            start: sum(i16x8_add(even, later_even), -128),
        }
    }

    #[inline(always)]
    unsafe fn sums<F: Form, const VECTORS: usize>(
        _: &Read<'_, F>,
        here: Here,
        quarter: usize,
        blocks: &[Block; VECTORS],
    ) -> [Sums; VECTORS] {
        let mut rows = [[i32x4_splat(0); ROWS]; VECTORS];
        for row in 0..ROWS {
            // SAFETY: the caller's promise.
            let parts = unsafe { parts::<F>(here.row::<F>(ROWS * quarter + row)) };
            for vector in 0..VECTORS {
                let columns = &blocks[vector].columns;
                let product = |part: usize| i32x4_dot_i16x8(parts[part], columns[part]);
                rows[vector][row] = i32x4_add(
                    i32x4_add(product(0), product(1)),
                    i32x4_add(product(2), product(3)),
                );
            }
        }
        core::array::from_fn(|vector| {
            Sums::Whole(i32x4_add(of_rows(rows[vector]), blocks[vector].start))
        })
    }
}

/// Eight of a block's columns.
#[inline(always)]
fn eight(pairs: &[i16; BLOCK], at: usize) -> v128 {
    let eight = &pairs.as_chunks::<8>().0[at];
    // SAFETY: eight 16-bit numbers are 16 bytes.
    unsafe { v128_load(eight.as_ptr().cast()) }
}

/// So many times the sum of eight numbers, in each lane.
#[inline(always)]
fn sum(numbers: v128, times: i16) -> v128 {
    let pairs = i32x4_dot_i16x8(numbers, i16x8_splat(times));
    let halves = i32x4_add(pairs, i32x4_shuffle::<2, 3, 0, 1>(pairs, pairs));
    i32x4_add(halves, i32x4_shuffle::<1, 0, 3, 2>(halves, halves))
}

/// The sums of the lanes of each of four rows.
#[inline(always)]
fn of_rows([a, b, c, d]: [v128; ROWS]) -> v128 {
    let two = |a: v128, b: v128| {
        i32x4_add(
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
        )
    };
    let (first, second) = (two(a, b), two(c, d));
    i32x4_add(
        i64x2_shuffle::<0, 2>(first, second),
        i64x2_shuffle::<1, 3>(first, second),
    )
}

/// The weights of a row's block as four parts, to be multiplied with [`Block::columns`].
///
/// # Safety
/// A row's part of a block lies there.
#[inline(always)]
unsafe fn parts<F: Form>(row: *const u8) -> [v128; 4] {
    // SAFETY: the caller's promise.
    let [first, second] = unsafe { bytes::<F>(row) };
    [first, i16x8_shr(first, 8), second, i16x8_shr(second, 8)]
}

/// The columns 0..16 and 16..32 of a row's block as bytes: even ones unsigned, odd ones signed.
///
/// # Safety
/// A row's part of a block lies there.
#[inline(always)]
unsafe fn bytes<F: Form>(row: *const u8) -> [v128; 2] {
    // SAFETY: the caller's promise; every form has sixteen bytes.
    let bytes = unsafe { v128_load(row.cast()) };
    if F::QUANTS == Quants::Bytes {
        // SAFETY: the caller's promise: 32 bytes.
        return [bytes, unsafe { v128_load(row.add(16).cast()) }];
    }
    let nibble = u8x16_splat(15);
    let names = [
        v128_and(bytes, nibble),
        v128_and(u16x8_shr(bytes, 4), nibble),
    ];
    // SAFETY: sixteen bytes.
    let values = unsafe { v128_load(CODEBOOK.as_ptr().cast()) };
    // The values are stored plus 128, which odd columns don't have.
    let signed = u16x8_splat(0x8000);
    names.map(|names| v128_xor(u8x16_swizzle(values, names), signed))
}

impl Here {
    /// Where a row's part of the block begins.
    ///
    /// # Safety
    /// The row is one of the group's.
    #[inline(always)]
    unsafe fn row<F: Form>(self, row: usize) -> *const u8 {
        // SAFETY: the caller's promise.
        unsafe { self.cells.add(row * (F::CELLS * CELL / GROUP)) }
    }
}
