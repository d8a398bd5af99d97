//! Packed weights times vectors with WebAssembly's 128-bit vectors, matrices by row: what a row has of sixteen bytes is read as eight
//! signed numbers of 16 bits.
//!
//! Such a number is `even + 256 odd`, of two columns. Its product with the even column of a vector holds `256 odd` too often, which
//! goes when the odd weight, shifted down, is multiplied with the odd column less 256 times the even one. Four nibbles are taken apart
//! in the same way, each with a column less 16 times the one below. So nothing is masked, and all of it is exact.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::pack::form::{CODEBOOK, Form, Kind, Quants, Scaling, with_form};
use crate::pack::{BLOCK, CELL, GROUP, Group, Order};
use core::arch::wasm32::*;
use core::marker::PhantomData;

/// Rows of a vector register.
const ROWS: usize = 4;

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    with_form!(kind, F => tiles::<F>(group, x, out))
}

/// Two vectors at a time: the columns of more would not stay in registers.
fn tiles<F: Form>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        if tile.vectors == 1 {
            part::<F, 1>(&Read::new(group, *x, tile, 0), out);
            continue;
        }
        for (pair, out) in out.chunks_exact_mut(2).enumerate() {
            part::<F, 2>(&Read::new(group, *x, tile, 2 * pair), out);
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile.
///
/// Blocks are the only loop. A loop's head asks for fuel, and what asks may change every register, so a loop within this one would
/// keep little in them. Totals live in memory: what is stored for four rows is a point before which the next rows aren't loaded.
fn part<F: Form, const VECTORS: usize>(read: &Read<'_, F>, out: &mut [Outputs]) {
    let out: &mut [Outputs; VECTORS] = out.first_chunk_mut().expect("an output for each vector");
    let mut totals = [[f32x4_splat(0.0); GROUP / ROWS]; VECTORS];
    for block in 0..read.group.blocks {
        // SAFETY: the block is one of the group's, and the vectors are the tile's.
        let blocks: [Block; VECTORS] =
            core::array::from_fn(|vector| unsafe { Block::of(read, block, vector) });
        unrolled(|quarter| {
            // SAFETY: as above.
            let (sums, scales) = unsafe {
                (
                    sums(read, block, quarter, &blocks),
                    Scales::of(read, block, quarter),
                )
            };
            for vector in 0..VECTORS {
                let x = &blocks[vector];
                let number = scales.number::<F>(sums[vector]);
                let mut term = f32x4_mul(number, f32x4_mul(scales.scales, x.scale));
                if F::SCALING.has_min() {
                    term = f32x4_add(term, f32x4_mul(scales.mins, x.weighted));
                }
                let total: *mut v128 = &mut totals[vector][quarter];
                // SAFETY: it points to that total. Volatile, for else all rows would be loaded first.
                unsafe { total.write_volatile(f32x4_add(total.read_volatile(), term)) };
            }
        });
    }
    for (out, totals) in out.iter_mut().zip(totals) {
        for (out, total) in out.as_chunks_mut::<ROWS>().0.iter_mut().zip(totals) {
            // SAFETY: four F32 are 16 bytes.
            unsafe { v128_store(out.as_mut_ptr().cast(), total) };
        }
    }
}

/// Does something four times, written out.
#[inline(always)]
fn unrolled(mut each: impl FnMut(usize)) {
    each(0);
    each(1);
    each(2);
    each(3);
}

/// Where a part's loop reads. Checks in the loop would be a good part of its instructions, so the lengths are checked once.
struct Read<'a, F> {
    group: Group<'a>,
    x: Activations<'a>,
    /// Index of the first vector's first block, and how far it is to its next one.
    first: usize,
    stride: usize,
    form: PhantomData<F>,
}

impl<'a, F: Form> Read<'a, F> {
    /// A group, and the vectors of a tile from its `first` one on.
    ///
    /// # Panics
    /// If the group or a list of the vectors is shorter than the group's blocks.
    fn new(group: Group<'a>, x: Activations<'a>, tile: Tile, first: usize) -> Self {
        let blocks = group.blocks;
        assert!(group.cells.len() >= blocks * F::CELLS, "cells");
        let heads = blocks / F::KIND.head_blocks() * F::KIND.head_bytes(Order::Rows);
        assert!(group.heads.len() >= heads, "heads");
        let end = tile.at(0, blocks);
        let floats = x.scales.len().min(x.weighted.len());
        let lists = x.pairs.len().min(x.half_starts.len()).min(floats);
        assert!(end <= lists, "blocks of vectors");
        Read {
            group,
            x,
            first: tile.at(first, 0),
            stride: tile.vectors,
            form: PhantomData,
        }
    }

    /// Where a row's part of a block begins.
    ///
    /// # Safety
    /// The block is one of the group's.
    #[inline(always)]
    unsafe fn row(&self, block: usize, row: usize) -> *const u8 {
        let cells: *const u8 = self.group.cells.as_ptr().cast();
        // SAFETY: the caller's promise.
        unsafe {
            cells
                .add(block * F::CELLS * CELL)
                .add(row * (F::CELLS * CELL / GROUP))
        }
    }

    /// Where the heads begin from which a block's numbers are counted.
    #[inline(always)]
    fn heads(&self) -> *const u8 {
        self.group.heads.as_ptr()
    }
}

/// A vector's block.
#[derive(Clone, Copy)]
struct Block {
    /// What the four parts of a row's weights are multiplied with.
    columns: [v128; 4],
    /// Where sums begin: all of them, or those of the two halves.
    starts: [v128; 2],
    scale: v128,
    /// The scale times the sum of the quants.
    weighted: v128,
}

impl Block {
    /// # Safety
    /// The block is one of the group's, the vector one of the tile's.
    #[inline(always)]
    unsafe fn of<F: Form>(read: &Read<'_, F>, block: usize, vector: usize) -> Block {
        let (at, x) = (read.first + block * read.stride + vector, &read.x);
        // SAFETY: `Read::new` looked that the lists are long enough.
        let (pairs, scale, weighted, halves) = unsafe {
            (
                x.pairs.get_unchecked(at),
                x.scales.get_unchecked(at),
                x.weighted.get_unchecked(at),
                x.half_starts.get_unchecked(at),
            )
        };
        let [even, odd, later_even, later_odd] = [0, 1, 2, 3].map(|at| eight(pairs, at));
        let less = |x: v128, times: u32, y: v128| i16x8_sub(x, i16x8_shl(y, times));
        let columns = match F::QUANTS {
            Quants::Nibbles => [
                even,
                less(later_even, 4, even),
                less(odd, 4, later_even),
                less(later_odd, 4, odd),
            ],
            _ => [
                even,
                less(odd, 8, even),
                later_even,
                less(later_odd, 8, later_even),
            ],
        };
        let evens = i16x8_add(even, later_even);
        let none = i32x4_splat(0);
        let starts = match (F::QUANTS, F::KIND.eights_added()) {
            _ if F::SCALING == Scaling::Halved => [0, 1].map(|at| i32x4_splat(halves[at])),
            (Quants::Bytes | Quants::Named, _) => [sum(evens, -128), none],
            (Quants::Nibbles, 0) => [sum(later_odd, 8), none],
            (Quants::Nibbles, _) => [sum(i16x8_add(evens, odd), -8), none],
            (_, 0) => [none; 2],
            (_, eights) => {
                let all = i16x8_add(evens, i16x8_add(odd, later_odd));
                [sum(all, -8 * eights as i16), none]
            }
        };
        let weighted = match F::SCALING.has_min() {
            true => f32x4_splat(*weighted),
            false => none,
        };
        Block {
            columns,
            starts,
            scale: f32x4_splat(*scale),
            weighted,
        }
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

/// The integer sums of a block for four rows and each vector: where halves have scales of their own, of the two halves, else all in
/// the first.
///
/// # Safety
/// The block is one of the group's.
#[inline(always)]
unsafe fn sums<F: Form, const VECTORS: usize>(
    read: &Read<'_, F>,
    block: usize,
    quarter: usize,
    blocks: &[Block; VECTORS],
) -> [[v128; 2]; VECTORS] {
    let mut rows = [[[i32x4_splat(0); ROWS]; 2]; VECTORS];
    for row in 0..ROWS {
        // SAFETY: the caller's promise.
        let parts = unsafe { parts::<F>(read.row(block, ROWS * quarter + row)) };
        for vector in 0..VECTORS {
            let columns = &blocks[vector].columns;
            let product = |part: usize| i32x4_dot_i16x8(parts[part], columns[part]);
            rows[vector][0][row] = i32x4_add(product(0), product(1));
            rows[vector][1][row] = i32x4_add(product(2), product(3));
        }
    }
    core::array::from_fn(|vector| {
        let ([first, second], starts) = (rows[vector], blocks[vector].starts);
        if F::SCALING == Scaling::Halved {
            return [
                i32x4_add(of_rows(first), starts[0]),
                i32x4_add(of_rows(second), starts[1]),
            ];
        }
        let sum = of_rows(core::array::from_fn(|row| {
            i32x4_add(first[row], second[row])
        }));
        [i32x4_add(sum, starts[0]), starts[1]]
    })
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
    if F::QUANTS == Quants::Nibbles {
        // SAFETY: the caller's promise: sixteen bytes.
        let all = unsafe { v128_load(row.cast()) };
        return [
            all,
            i16x8_shr(all, 4),
            i16x8_shr(all, 8),
            i16x8_shr(all, 12),
        ];
    }
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
    let nibble = u8x16_splat(15);
    let nibbles = [
        v128_and(bytes, nibble),
        v128_and(u16x8_shr(bytes, 4), nibble),
    ];
    // SAFETY: the caller's promise; a form is asked for no more words than it has after the first sixteen bytes.
    let word = |at: usize| unsafe { v128_load32_splat(row.add(16 + 4 * at).cast()) };
    match F::QUANTS {
        // SAFETY: the caller's promise: 32 bytes.
        Quants::Bytes => [bytes, unsafe { v128_load(row.add(16).cast()) }],
        Quants::Nibbles => nibbles,
        Quants::Named => {
            // SAFETY: sixteen bytes.
            let values = unsafe { v128_load(CODEBOOK.as_ptr().cast()) };
            // The values are stored plus 128, which odd columns don't have.
            let signed = u16x8_splat(0x8000);
            nibbles.map(|names| v128_xor(u8x16_swizzle(values, names), signed))
        }
        Quants::Fives => {
            let (bits, [low, high]) = (word(0), nibbles);
            [low_fifths(bits, low), high_fifths(bits, high)]
        }
        Quants::Sixes => {
            let [low, high] = nibbles;
            [with_pairs(word(0), low), with_pairs(word(1), high)]
        }
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

/// The numbers of four rows of a block; those that a format doesn't have are zero.
#[derive(Clone, Copy)]
struct Scales {
    scales: v128,
    /// The small scale of the block, or of its first half.
    small: v128,
    /// That of the second half.
    second: v128,
    /// What the block adds for each unit of a vector's block: exact, for a minimum has 11 bits and a small one 8.
    mins: v128,
}

impl Scales {
    /// # Safety
    /// The block is one of the group's.
    #[inline(always)]
    unsafe fn of<F: Form>(read: &Read<'_, F>, block: usize, quarter: usize) -> Self {
        let (head, heads) = (F::KIND.head(Order::Rows, block), read.heads());
        // SAFETY: the caller's promise: the numbers of a block lie in its head.
        let numbers = |at: usize| unsafe { v128_load(heads.add(at + 4 * ROWS * quarter).cast()) };
        // SAFETY: as above.
        let bytes = |at: usize| unsafe { v128_load32_zero(heads.add(at + ROWS * quarter).cast()) };
        let unsigned =
            |at| f32x4_convert_u32x4(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes(at))));
        let signed =
            |at| f32x4_convert_i32x4(i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(bytes(at))));
        let none = f32x4_splat(0.0);
        let scales = numbers(head.scales);
        let [small, second, mins] = match F::SCALING {
            Scaling::Scaled => [none; 3],
            Scaling::Offset => [none, none, numbers(head.mins)],
            Scaling::Nested => {
                let mins = f32x4_mul(numbers(head.mins), unsigned(head.second()));
                [unsigned(head.small), none, f32x4_neg(mins)]
            }
            Scaling::Halved => [signed(head.small), signed(head.second()), none],
        };
        Scales {
            scales,
            small,
            second,
            mins,
        }
    }

    /// The sums times their small scales. Integers become numbers of 24 bits or fewer, so only a product can be rounded, and only
    /// once, as the integer itself would be.
    #[inline(always)]
    fn number<F: Form>(&self, [one, other]: [v128; 2]) -> v128 {
        let one = f32x4_convert_i32x4(one);
        match F::SCALING {
            Scaling::Scaled | Scaling::Offset => one,
            Scaling::Nested => f32x4_mul(self.small, one),
            Scaling::Halved => f32x4_add(
                f32x4_mul(self.small, one),
                f32x4_mul(self.second, f32x4_convert_i32x4(other)),
            ),
        }
    }
}
