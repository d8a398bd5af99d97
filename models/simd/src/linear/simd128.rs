//! Packed weights times vectors with WebAssembly's 128-bit vectors: the bytes of a cell, two to a 16-bit lane, are taken apart into
//! even and odd columns, whose products with 16-bit quants add up exactly.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::half;
use crate::pack::{BLOCK, CELL, GROUP, Group, Kind};
use core::arch::wasm32::*;

/// Rows of a vector register.
const ROWS: usize = 4;
/// Registers of a group.
const QUARTERS: usize = GROUP / ROWS;

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    match kind {
        Kind::Q8 => tiles::<8>(group, x, out),
        Kind::Q4 => tiles::<4>(group, x, out),
    }
}

/// Two vectors at a time: the sums of more would not stay in registers.
fn tiles<const CELLS: usize>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        if tile.vectors == 1 {
            part::<CELLS, 1>(group, x, tile, 0, out);
            continue;
        }
        for (pair, out) in out.chunks_exact_mut(2).enumerate() {
            part::<CELLS, 2>(group, x, tile, 2 * pair, out);
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile, from its `first` one on.
fn part<const CELLS: usize, const VECTORS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    tile: Tile,
    first: usize,
    out: &mut [Outputs],
) {
    let mut totals = [[f32x4_splat(0.0); QUARTERS]; VECTORS];
    let cells = group.cells.as_chunks::<CELLS>().0;
    let offset = if CELLS == 8 { 128 } else { 8 };
    for (block, (scales, cells)) in group.scales.iter().zip(cells).enumerate() {
        let at = tile.at(first, block);
        let pairs: &[[i16; BLOCK]; VECTORS] = x.pairs[at..].first_chunk().expect("a tile's block");
        let (x_scales, x_sums) = (&x.scales[at..][..VECTORS], &x.sums[at..][..VECTORS]);
        let mut sums = [[i32x4_splat(0); QUARTERS]; VECTORS];
        for vector in 0..VECTORS {
            sums[vector] = [i32x4_splat(-offset * x_sums[vector]); QUARTERS];
        }
        for (j, cell) in cells.iter().enumerate() {
            let mut x = [[i32x4_splat(0); 4]; VECTORS];
            for vector in 0..VECTORS {
                x[vector] = columns::<CELLS>(&pairs[vector], j);
            }
            for quarter in 0..QUARTERS {
                let parts = parts::<CELLS>(cell, quarter);
                for vector in 0..VECTORS {
                    let sum = &mut sums[vector][quarter];
                    *sum = added::<CELLS>(*sum, parts, x[vector]);
                }
            }
        }
        for quarter in 0..QUARTERS {
            let scales = four_halves(&scales.as_chunks::<ROWS>().0[quarter]);
            for vector in 0..VECTORS {
                let scale = f32x4_mul(scales, f32x4_splat(x_scales[vector]));
                let product = f32x4_mul(f32x4_convert_i32x4(sums[vector][quarter]), scale);
                totals[vector][quarter] = f32x4_add(totals[vector][quarter], product);
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

/// The unsigned quants of four rows of a cell as 16-bit numbers: even columns, odd columns; of nibbles the low, then the high halves.
#[inline(always)]
fn parts<const CELLS: usize>(cell: &[u8; CELL], quarter: usize) -> [v128; 4] {
    let bytes = &cell.as_chunks::<16>().0[quarter];
    // SAFETY: a quarter of a cell is 16 bytes.
    let bytes = unsafe { v128_load(bytes.as_ptr().cast()) };
    if CELLS == 8 {
        let even = v128_and(bytes, u16x8_splat(0xff));
        return [even, u16x8_shr(bytes, 8), bytes, bytes];
    }
    let low = u16x8_splat(15);
    [
        v128_and(bytes, low),
        v128_and(u16x8_shr(bytes, 8), low),
        v128_and(u16x8_shr(bytes, 4), low),
        u16x8_shr(bytes, 12),
    ]
}

/// The columns of a vector's block that the parts of cell `j` meet.
#[inline(always)]
fn columns<const CELLS: usize>(x: &[i16; BLOCK], j: usize) -> [v128; 4] {
    let (even, odd) = (pair(x, 2 * j), pair(x, 2 * j + 1));
    if CELLS == 8 {
        return [even, odd, even, odd];
    }
    [even, odd, pair(x, 2 * j + 8), pair(x, 2 * j + 9)]
}

/// Adds the products of a cell's parts with a vector's columns.
#[inline(always)]
fn added<const CELLS: usize>(sum: v128, parts: [v128; 4], x: [v128; 4]) -> v128 {
    let sum = i32x4_add(sum, i32x4_dot_i16x8(parts[0], x[0]));
    let sum = i32x4_add(sum, i32x4_dot_i16x8(parts[1], x[1]));
    if CELLS == 8 {
        return sum;
    }
    let sum = i32x4_add(sum, i32x4_dot_i16x8(parts[2], x[2]));
    i32x4_add(sum, i32x4_dot_i16x8(parts[3], x[3]))
}

/// Four binary16 numbers, as `half::to_f32` converts one.
#[inline(always)]
fn four_halves(halves: &[u16; ROWS]) -> v128 {
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
fn pair(x: &[i16; BLOCK], at: usize) -> v128 {
    let pair = &x.as_chunks::<2>().0[at];
    // SAFETY: two 16-bit numbers are four bytes.
    unsafe { v128_load32_splat(pair.as_ptr().cast()) }
}
