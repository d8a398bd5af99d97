//! Packed weights times vectors with WebAssembly's 128-bit vectors, matrices as [`crate::Layout::short`] has them.
//!
//! Sums of products are computed in one way for weights of eight bits, a register of which holds columns of one row, in another for those of
//! fewer, a register of which holds columns of two rows. What the two share is here: the
//! loop over blocks, and how sums become numbers.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

mod narrow;
mod wide;

use super::Outputs;
use crate::activations::{Activations, Repeated, Tile};
use crate::pack::form::{Form, Kind, Scaling, with_form};
use crate::pack::{CELL, GROUP, Group, Order};
use core::arch::wasm32::*;
use core::marker::PhantomData;
use narrow::Narrow;
use wide::Wide;

/// Rows of a vector register.
const ROWS: usize = 4;

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    with_form!(kind, F => if F::QUANTS.are_wide() {
        tiles::<F, Wide>(group, x, out);
    } else {
        tiles::<F, Narrow>(group, x, out);
    })
}

/// How the sums of a block are computed.
trait Way {
    /// What is needed of a vector's block.
    type Block: Copy;

    /// That of a block.
    ///
    /// # Safety
    /// The block is one of the group's, the vector one of the tile's.
    unsafe fn block<F: Form>(read: &Read<'_, F>, here: Here, vector: usize) -> Self::Block;

    /// The integer sums of a block for four rows and each vector: where halves have scales of their own, of the two halves, else the
    /// sum of the two is the block's.
    ///
    /// # Safety
    /// The block is one of the group's.
    unsafe fn sums<F: Form, const VECTORS: usize>(
        read: &Read<'_, F>,
        here: Here,
        quarter: usize,
        blocks: &[Self::Block; VECTORS],
    ) -> [Sums; VECTORS];
}

/// A block, and where its parts lie: what goes along is an instruction cheaper than what is counted from the first block on.
#[derive(Clone, Copy)]
struct Here {
    block: usize,
    /// The group's cells of it.
    cells: *const u8,
    /// That of the first vector; of the others after it.
    x: *const Repeated,
}

/// Integer sums of four rows.
enum Sums {
    /// Of a block.
    Whole(v128),
    /// Of its two halves.
    Halves([v128; 2]),
}

/// Two vectors at a time: the columns of more would not stay in registers.
fn tiles<F: Form, W: Way>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        if tile.vectors == 1 {
            part::<F, W, 1>(&Read::new(group, *x, tile, 0), out);
            continue;
        }
        for (pair, out) in out.chunks_exact_mut(2).enumerate() {
            part::<F, W, 2>(&Read::new(group, *x, tile, 2 * pair), out);
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile.
///
/// Blocks are the only loop. A loop's head asks for fuel, and what asks may change every register, so a loop within this one would
/// keep little in them. Totals live in memory: what is stored for four rows is a point before which the next rows aren't loaded.
fn part<F: Form, W: Way, const VECTORS: usize>(read: &Read<'_, F>, out: &mut [Outputs]) {
    let out: &mut [Outputs; VECTORS] = out.first_chunk_mut().expect("an output for each vector");
    let mut totals = [[f32x4_splat(0.0); GROUP / ROWS]; VECTORS];
    let mut here = read.first();
    for block in 0..read.group.blocks {
        here.block = block;
        // SAFETY: the block is one of the group's, and the vectors are the tile's.
        let blocks: [W::Block; VECTORS] =
            core::array::from_fn(|vector| unsafe { W::block(read, here, vector) });
        // SAFETY: as above.
        let numbers: [Numbers; VECTORS] =
            core::array::from_fn(|vector| unsafe { Numbers::of(read, here, vector) });
        unrolled(|quarter| {
            // SAFETY: as above.
            let (sums, scales) = unsafe {
                (
                    W::sums(read, here, quarter, &blocks),
                    Scales::of(read, block, quarter),
                )
            };
            for vector in 0..VECTORS {
                let x = &numbers[vector];
                let number = scales.number::<F>(&sums[vector]);
                let mut term = f32x4_mul(number, f32x4_mul(scales.scales, x.scale));
                if F::SCALING.has_min() {
                    term = f32x4_add(term, f32x4_mul(scales.mins, x.weighted));
                }
                let total: *mut v128 = &mut totals[vector][quarter];
                // SAFETY: it points to that total. Volatile, for else all rows would be loaded first.
                unsafe { total.write_volatile(f32x4_add(total.read_volatile(), term)) };
            }
        });
        here.cells = here.cells.wrapping_add(F::CELLS * CELL);
        here.x = here
            .x
            .wrapping_add(if VECTORS == 1 { 1 } else { read.stride });
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
        let heads = blocks / F::KIND.head_blocks() * F::KIND.head_bytes(Order::Short);
        assert!(group.heads.len() >= heads, "heads");
        let end = tile.at(0, blocks);
        let floats = x.scales.len().min(x.weighted.len());
        let starts = x.starts.len().min(x.half_starts.len());
        let quants = x.pairs.len().min(x.repeated.len());
        assert!(end <= quants.min(starts).min(floats), "blocks of vectors");
        Read {
            group,
            x,
            first: tile.at(first, 0),
            stride: tile.vectors,
            form: PhantomData,
        }
    }

    /// The first block.
    fn first(&self) -> Here {
        Here {
            block: 0,
            cells: self.group.cells.as_ptr().cast(),
            x: self.x.repeated[self.first..].as_ptr(),
        }
    }

    /// Which of the lists' blocks a vector's block is.
    #[inline(always)]
    fn at(&self, block: usize, vector: usize) -> usize {
        self.first + block * self.stride + vector
    }

    /// Where the heads begin from which a block's numbers are counted.
    #[inline(always)]
    fn heads(&self) -> *const u8 {
        self.group.heads.as_ptr()
    }
}

/// The numbers of a vector's block.
#[derive(Clone, Copy)]
struct Numbers {
    scale: v128,
    /// The scale times the sum of the quants.
    weighted: v128,
}

impl Numbers {
    /// # Safety
    /// The block is one of the group's, the vector one of the tile's.
    #[inline(always)]
    unsafe fn of<F: Form>(read: &Read<'_, F>, here: Here, vector: usize) -> Self {
        // SAFETY: `Read::new` looked that the lists are long enough.
        let (scale, weighted) = unsafe {
            (
                v128_load((*here.x.add(vector)).scale.as_ptr().cast()),
                read.x.weighted.get_unchecked(read.at(here.block, vector)),
            )
        };
        Numbers {
            scale,
            weighted: match F::SCALING.has_min() {
                true => f32x4_splat(*weighted),
                false => f32x4_splat(0.0),
            },
        }
    }
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
        let (head, heads) = (F::KIND.head(Order::Short, block), read.heads());
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
    fn number<F: Form>(&self, sums: &Sums) -> v128 {
        match sums {
            Sums::Whole(sum) if F::SCALING == Scaling::Nested => {
                f32x4_mul(self.small, f32x4_convert_i32x4(*sum))
            }
            Sums::Whole(sum) => f32x4_convert_i32x4(*sum),
            Sums::Halves([first, second]) => f32x4_add(
                f32x4_mul(self.small, f32x4_convert_i32x4(*first)),
                f32x4_mul(self.second, f32x4_convert_i32x4(*second)),
            ),
        }
    }
}
