//! Packed weights times vectors with WebAssembly's 128-bit vectors: the bytes of a cell, two to a 16-bit lane, are taken apart into
//! even and odd columns, whose products with 16-bit quants add up exactly.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them

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

fn tiles<const CELLS: usize>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for (vector, out) in out.iter_mut().enumerate() {
        tile::<CELLS>(group, x, vector, out);
    }
}

/// The rows of a group times one vector.
fn tile<const CELLS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    vector: usize,
    out: &mut Outputs,
) {
    let blocks = group.scales.len();
    let mut totals = [f32x4_splat(0.0); QUARTERS];
    let cells = group.cells.as_chunks::<CELLS>().0;
    let offset = if CELLS == 8 { 128 } else { 8 };
    for (block, (scales, cells)) in group.scales.iter().zip(cells).enumerate() {
        let at = tile.at(vector, block);
        let mut sums = [i32x4_splat(-offset * x.sums[at]); QUARTERS];
        for (j, cell) in cells.iter().enumerate() {
            add_cell::<CELLS>(cell, &x.pairs[at], j, &mut sums);
        }
        let scale = f32x4_splat(x.scales[at]);
        for quarter in 0..QUARTERS {
            let scale = f32x4_mul(half_scales(scales, quarter), scale);
            let product = f32x4_mul(f32x4_convert_i32x4(sums[quarter]), scale);
            totals[quarter] = f32x4_add(totals[quarter], product);
        }
    }
    for (out, total) in out.as_chunks_mut::<ROWS>().0.iter_mut().zip(totals) {
        // SAFETY: four F32 are 16 bytes.
        unsafe { v128_store(out.as_mut_ptr().cast(), total) };
    }
}

/// Adds a cell's products to the sums.
#[inline(always)]
fn add_cell<const CELLS: usize>(
    cell: &[u8; CELL],
    x: &[i16; BLOCK],
    j: usize,
    sums: &mut [v128; QUARTERS],
) {
    let low = if CELLS == 8 {
        u16x8_splat(0xff)
    } else {
        u16x8_splat(15)
    };
    let (even, odd) = (pair(x, 2 * j), pair(x, 2 * j + 1));
    for (quarter, sum) in sums.iter_mut().enumerate() {
        let bytes = &cell.as_chunks::<16>().0[quarter];
        // SAFETY: a quarter of a cell is 16 bytes.
        let bytes = unsafe { v128_load(bytes.as_ptr().cast()) };
        let shifted = u16x8_shr(bytes, 8);
        *sum = i32x4_add(*sum, i32x4_dot_i16x8(v128_and(bytes, low), even));
        if CELLS == 8 {
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(shifted, odd));
        } else {
            let (high_even, high_odd) = (pair(x, 2 * j + 8), pair(x, 2 * j + 9));
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(v128_and(shifted, low), odd));
            let high = v128_and(u16x8_shr(bytes, 4), low);
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(high, high_even));
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(u16x8_shr(bytes, 12), high_odd));
        }
    }
}

/// The scales of four rows.
#[inline(always)]
fn half_scales(scales: &[u16; GROUP], quarter: usize) -> v128 {
    let scales = &scales.as_chunks::<ROWS>().0[quarter];
    let [a, b, c, d] = scales.map(half::to_f32);
    f32x4(a, b, c, d)
}

/// Two columns of a vector, in each lane.
#[inline(always)]
fn pair(x: &[i16; BLOCK], at: usize) -> v128 {
    let pair = &x.as_chunks::<2>().0[at];
    // SAFETY: two 16-bit numbers are four bytes.
    unsafe { v128_load32_splat(pair.as_ptr().cast()) }
}
