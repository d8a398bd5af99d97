//! Packed weights times vectors with AVX2: the bytes of a cell, two to a 16-bit lane, are taken apart into even and odd columns,
//! whose products with 16-bit quants add up exactly.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::pack::{BLOCK, CELL, GROUP, Group, Kind};
use core::arch::x86_64::*;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx2,f16c")]
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    match kind {
        Kind::Q8 => tiles::<8>(group, x, out),
        Kind::Q4 => tiles::<4>(group, x, out),
    }
}

#[target_feature(enable = "avx2,f16c")]
fn tiles<const CELLS: usize>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        match tile.vectors {
            1 => part::<CELLS, 1>(group, x, tile, 0, out),
            2 => part::<CELLS, 2>(group, x, tile, 0, out),
            _ => {
                for first in (0..tile.vectors).step_by(4) {
                    part::<CELLS, 4>(group, x, tile, first, &mut out[first..][..4]);
                }
            }
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile, from its `first` one on.
#[target_feature(enable = "avx2,f16c")]
fn part<const CELLS: usize, const VECTORS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    tile: Tile,
    first: usize,
    out: &mut [Outputs],
) {
    let mut totals = [[_mm256_setzero_ps(); VECTORS]; 2];
    let cells = group.cells.as_chunks::<CELLS>().0;
    for (block, (scales, cells)) in group.scales.iter().zip(cells).enumerate() {
        let at = tile.at(first, block);
        let (pairs, x_scales) = (&x.pairs[at..][..VECTORS], &x.scales[at..][..VECTORS]);
        let x_sums = &x.sums[at..][..VECTORS];
        for (half, totals) in totals.iter_mut().enumerate() {
            let scales = half_scales(scales, half);
            let mut sums = [_mm256_setzero_si256(); VECTORS];
            for (j, cell) in cells.iter().enumerate() {
                let parts = parts::<CELLS>(cell, half);
                for vector in 0..VECTORS {
                    let x = &pairs[vector];
                    for part in 0..PARTS[CELLS / 8] {
                        let products =
                            _mm256_madd_epi16(parts[part], pair(x, place::<CELLS>(j, part)));
                        sums[vector] = _mm256_add_epi32(sums[vector], products);
                    }
                }
            }
            for vector in 0..VECTORS {
                let offset = if CELLS == 8 { 128 } else { 8 };
                let sums =
                    _mm256_sub_epi32(sums[vector], _mm256_set1_epi32(offset * x_sums[vector]));
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(x_scales[vector]));
                let product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
                totals[vector] = _mm256_add_ps(totals[vector], product);
            }
        }
    }
    for (half, totals) in totals.into_iter().enumerate() {
        for (out, total) in out.iter_mut().zip(totals) {
            // SAFETY: eight F32 are 32 bytes.
            unsafe { _mm256_storeu_ps(out[half * 8..][..8].as_mut_ptr(), total) };
        }
    }
}

/// Parts of a cell: of nibbles four, of bytes two.
const PARTS: [usize; 2] = [4, 2];

/// The scales of eight rows.
#[inline]
#[target_feature(enable = "avx2,f16c")]
fn half_scales(scales: &[u16; GROUP], half: usize) -> __m256 {
    let scales = &scales.as_chunks::<8>().0[half];
    // SAFETY: eight binary16 numbers are 16 bytes.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(scales.as_ptr().cast()) })
}

/// The unsigned quants of eight rows of a cell as 16-bit numbers: even columns, odd columns; of nibbles the low, then the high halves.
#[inline]
#[target_feature(enable = "avx2")]
fn parts<const CELLS: usize>(cell: &[u8; CELL], half: usize) -> [__m256i; 4] {
    let bytes = &cell.as_chunks::<32>().0[half];
    // SAFETY: half a cell is 32 bytes.
    let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    if CELLS == 8 {
        let even = _mm256_and_si256(bytes, _mm256_set1_epi16(0xff));
        let odd = _mm256_srli_epi16::<8>(bytes);
        let none = _mm256_setzero_si256();
        return [even, odd, none, none];
    }
    let low = _mm256_set1_epi16(15);
    [
        _mm256_and_si256(bytes, low),
        _mm256_and_si256(_mm256_srli_epi16::<8>(bytes), low),
        _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low),
        _mm256_srli_epi16::<12>(bytes),
    ]
}

/// Which pair of a vector's block the part of cell `j` meets.
const fn place<const CELLS: usize>(j: usize, part: usize) -> usize {
    if CELLS == 8 {
        2 * j + part % 2
    } else {
        2 * j + part % 2 + 8 * (part / 2)
    }
}

/// Two columns of a vector, in each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn pair(x: &[i16; BLOCK], at: usize) -> __m256i {
    let [low, high] = x.as_chunks::<2>().0[at].map(|x| x as u16);
    _mm256_set1_epi32((u32::from(low) | u32::from(high) << 16) as i32)
}
