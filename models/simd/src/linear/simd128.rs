//! Packed weights times vectors with WebAssembly's 128-bit vectors: bytes, two to a 16-bit lane, are taken apart into even and odd
//! columns, whose products with 16-bit quants add up exactly.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::half;
use crate::pack::form::{CODEBOOK, Form, Kind, Quants, Scaling, with_form};
use crate::pack::{BLOCK, CELL, GROUP, Group};
use core::arch::wasm32::*;

/// Rows of a vector register.
const ROWS: usize = 4;
/// Registers of a group.
const QUARTERS: usize = GROUP / ROWS;

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    with_form!(kind, F => tiles::<F>(group, x, out))
}

/// Two vectors at a time: the sums of more would not stay in registers.
fn tiles<F: Form>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        if tile.vectors == 1 {
            part::<F, 1>(group, x, tile, 0, out);
            continue;
        }
        for (pair, out) in out.chunks_exact_mut(2).enumerate() {
            part::<F, 2>(group, x, tile, 2 * pair, out);
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile, from its `first` one on.
fn part<F: Form, const VECTORS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    tile: Tile,
    first: usize,
    out: &mut [Outputs],
) {
    let mut totals = [[f32x4_splat(0.0); QUARTERS]; VECTORS];
    for (block, cells) in (0..group.blocks).zip(group.cells.chunks_exact(F::CELLS)) {
        let at = tile.at(first, block);
        let (x_scales, weighted) = (&x.scales[at..][..VECTORS], &x.weighted[at..][..VECTORS]);
        let [one, other] = sums::<F, VECTORS>(cells, x, at);
        for quarter in 0..QUARTERS {
            let scales = Scales::of::<F>(group, block, quarter);
            for vector in 0..VECTORS {
                let number = scales.number::<F>(one[vector][quarter], other[vector][quarter]);
                let scale = f32x4_mul(scales.scales, f32x4_splat(x_scales[vector]));
                let mut term = f32x4_mul(number, scale);
                if F::SCALING.has_min() {
                    let min = f32x4_mul(scales.mins, f32x4_splat(weighted[vector]));
                    term = f32x4_add(term, min);
                }
                totals[vector][quarter] = f32x4_add(totals[vector][quarter], term);
            }
        }
    }
    for (out, totals) in out.iter_mut().zip(totals) {
        for (out, total) in out.as_chunks_mut::<ROWS>().0.iter_mut().zip(totals) {
            // SAFETY: four F32 are 16 bytes.
            unsafe { v128_store(out.as_mut_ptr().cast(), total) };
        }
    }
}

/// The integer sums of a block for each vector and quarter: where halves have scales of their own, of the two halves, else all in the
/// first.
#[inline(always)]
fn sums<F: Form, const VECTORS: usize>(
    cells: &[[u8; CELL]],
    x: &Activations<'_>,
    at: usize,
) -> [[[v128; QUARTERS]; VECTORS]; 2] {
    let halved = F::SCALING == Scaling::Halved;
    let pairs: &[[i16; BLOCK]; VECTORS] = x.pairs[at..].first_chunk().expect("a tile's block");
    let mut sums = [[[i32x4_splat(0); QUARTERS]; VECTORS]; 2];
    for vector in 0..VECTORS {
        if halved {
            let [first, second] = x.half_starts[at + vector];
            sums[0][vector] = [i32x4_splat(first); QUARTERS];
            sums[1][vector] = [i32x4_splat(second); QUARTERS];
        } else {
            let start = F::KIND.eights_added() * x.starts[at + vector];
            sums[0][vector] = [i32x4_splat(start); QUARTERS];
        }
    }
    for j in 0..4 {
        let mut x = [[i32x4_splat(0); 4]; VECTORS];
        for vector in 0..VECTORS {
            let pairs = &pairs[vector];
            x[vector] = [2 * j, 2 * j + 1, 2 * j + 8, 2 * j + 9].map(|at| two(pairs, at));
        }
        for quarter in 0..QUARTERS {
            let parts = parts::<F>(cells, quarter, j);
            for vector in 0..VECTORS {
                let products = |part: usize| i32x4_dot_i16x8(parts[part], x[vector][part]);
                let first = &mut sums[0][vector][quarter];
                *first = i32x4_add(i32x4_add(*first, products(0)), products(1));
                let second = &mut sums[usize::from(halved)][vector][quarter];
                *second = i32x4_add(i32x4_add(*second, products(2)), products(3));
            }
        }
    }
    sums
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
    #[inline(always)]
    fn of<F: Form>(group: Group<'_>, block: usize, quarter: usize) -> Self {
        let head = F::KIND.head(block);
        let halves = |at: usize| {
            let bytes = group.heads[at + 2 * ROWS * quarter..].first_chunk();
            four_halves(bytes.expect("a head"))
        };
        let bytes = |at: usize| {
            let bytes = &group.small(at).as_chunks::<ROWS>().0[quarter];
            // SAFETY: four bytes.
            unsafe { v128_load32_zero(bytes.as_ptr().cast()) }
        };
        let unsigned =
            |at| f32x4_convert_u32x4(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes(at))));
        let signed =
            |at| f32x4_convert_i32x4(i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(bytes(at))));
        let none = f32x4_splat(0.0);
        let scales = halves(head.scales);
        let [small, second, mins] = match F::SCALING {
            Scaling::Scaled => [none; 3],
            Scaling::Offset => [none, none, halves(head.mins())],
            Scaling::Nested => {
                let mins = f32x4_mul(halves(head.mins()), unsigned(head.second()));
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
    fn number<F: Form>(&self, one: v128, other: v128) -> v128 {
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

/// The weights of four rows of a block as 16-bit numbers: the even and the odd ones of columns 4j.., then those of 16 + 4j...
#[inline(always)]
fn parts<F: Form>(cells: &[[u8; CELL]], quarter: usize, j: usize) -> [v128; 4] {
    let cell = |at: usize| {
        let bytes = &cells[at].as_chunks::<16>().0[quarter];
        // SAFETY: a quarter of a cell is 16 bytes.
        unsafe { v128_load(bytes.as_ptr().cast()) }
    };
    let bytes = cell(j);
    let apart = |[low, high]: [v128; 2]| {
        let even = u16x8_splat(0xff);
        let [low_odd, high_odd] = [u16x8_shr(low, 8), u16x8_shr(high, 8)];
        [v128_and(low, even), low_odd, v128_and(high, even), high_odd]
    };
    let nibble = u8x16_splat(15);
    let nibbles = || [v128_and(bytes, nibble), u8x16_shr(bytes, 4)];
    let joined = |moved: [v128; 2], mask: v128| {
        let [low, high] = nibbles();
        let [first, second] = moved.map(|bits| v128_and(bits, mask));
        [v128_or(low, first), v128_or(high, second)]
    };
    match F::QUANTS {
        Quants::Bytes => apart([bytes, cell(j + 4)]),
        Quants::Nibbles => {
            let low = u16x8_splat(15);
            [
                v128_and(bytes, low),
                v128_and(u16x8_shr(bytes, 8), low),
                v128_and(u16x8_shr(bytes, 4), low),
                u16x8_shr(bytes, 12),
            ]
        }
        Quants::Named => {
            // SAFETY: sixteen bytes.
            let values = unsafe { v128_load(CODEBOOK.as_ptr().cast()) };
            apart(nibbles().map(|names| u8x16_swizzle(values, names)))
        }
        // Bits that come over from a neighbouring byte are masked away.
        Quants::Fives => {
            let bits = cell(4);
            let moved = [u16x8_shl(bits, 4 - j as u32), u16x8_shr(bits, j as u32)];
            apart(joined(moved, u8x16_splat(16)))
        }
        Quants::Sixes => {
            let moved = |pairs| match j {
                0 | 1 => u16x8_shl(pairs, 4 - 2 * j as u32),
                _ => u16x8_shr(pairs, 2 * j as u32 - 4),
            };
            apart(joined([moved(cell(4)), moved(cell(5))], u8x16_splat(48)))
        }
    }
}

/// Four binary16 numbers, as `half::to_f32` converts one.
#[inline(always)]
pub(super) fn four_halves(halves: &[u8; 2 * ROWS]) -> v128 {
    // SAFETY: four binary16 numbers are 8 bytes.
    let bits = unsafe { v128_load64_zero(halves.as_ptr().cast()) };
    let bits = u32x4_extend_low_u16x8(bits);
    let magnitude = v128_and(bits, u32x4_splat(0x7fff));
    let finite = f32x4_mul(u32x4_shl(magnitude, 13), f32x4_splat(half::BIAS));
    let special = v128_or(finite, u32x4_splat(0x7f80_0000));
    let infinite = u32x4_ge(magnitude, u32x4_splat(half::INFINITE));
    let sign = u32x4_shl(v128_and(bits, u32x4_splat(0x8000)), 16);
    v128_or(v128_bitselect(special, finite, infinite), sign)
}

/// Two columns of a vector, in each lane.
#[inline(always)]
fn two(x: &[i16; BLOCK], at: usize) -> v128 {
    let pair = &x.as_chunks::<2>().0[at];
    // SAFETY: two 16-bit numbers are four bytes.
    unsafe { v128_load32_splat(pair.as_ptr().cast()) }
}
