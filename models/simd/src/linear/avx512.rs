//! Packed weights times vectors with AVX-512 VNNI: one register holds four columns of sixteen rows, and one instruction multiplies
//! them with four columns of a vector and adds the products to sixteen sums.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them

use super::Outputs;
use crate::Activations;
use crate::pack::{BLOCK, CELL, GROUP, Group, Kind};
use core::arch::x86_64::*;

/// Cache lines that are fetched ahead of their use; measured best on the machines of docs/benchmarks.md.
const AHEAD: usize = 4096;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    match kind {
        Kind::Q8 => tiles::<8>(group, x, out),
        Kind::Q4 => tiles::<4>(group, x, out),
    }
}

/// Vectors by eight, four, two and one: the more there are, the more often a weight in a register is used.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
fn tiles<const CELLS: usize>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    let mut at = 0;
    while at < out.len() {
        let out = &mut out[at..];
        at += match out.len() {
            1 => tile::<CELLS, 1>(group, x, at, out),
            2..4 => tile::<CELLS, 2>(group, x, at, out),
            4..8 => tile::<CELLS, 4>(group, x, at, out),
            _ => tile::<CELLS, 8>(group, x, at, out),
        };
    }
}

/// The rows of a group times vectors `first..first + VECTORS`; gives their number.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
fn tile<const CELLS: usize, const VECTORS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    first: usize,
    out: &mut [Outputs],
) -> usize {
    let blocks = group.scales.len();
    let mut totals = [_mm512_setzero_ps(); VECTORS];
    let cells = group.cells.as_chunks::<CELLS>().0;
    for (block, (scales, cells)) in group.scales.iter().zip(cells).enumerate() {
        if VECTORS == 1 {
            fetch(cells);
        }
        // SAFETY: sixteen binary16 numbers are 32 bytes.
        let scales = _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(scales.as_ptr().cast()) });
        let weights = loaded(cells);
        for vector in 0..VECTORS {
            let at = (first + vector) * blocks + block;
            let quants = &x.quants[at];
            let negated = _mm512_set1_epi32(x.sums[at].wrapping_neg());
            let mut even = _mm512_setzero_si512();
            let mut odd = match CELLS {
                8 => _mm512_slli_epi32::<7>(negated),
                _ => _mm512_slli_epi32::<3>(negated),
            };
            for j in 0..4 {
                even = _mm512_dpbusd_epi32(even, weights[2 * j], columns(quants, 2 * j));
                odd = _mm512_dpbusd_epi32(odd, weights[2 * j + 1], columns(quants, 2 * j + 1));
            }
            let sums = _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(x.scales[at]));
            totals[vector] = _mm512_add_ps(totals[vector], _mm512_mul_ps(sums, scale));
        }
    }
    for (out, total) in out.iter_mut().zip(totals) {
        // SAFETY: sixteen F32 are 64 bytes.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
    }
    VECTORS
}

/// The eight registers of a block: register j holds columns 4j.. of each row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn loaded<const CELLS: usize>(cells: &[[u8; CELL]; CELLS]) -> [__m512i; 8] {
    let mut weights = [_mm512_setzero_si512(); 8];
    for (j, cell) in cells.iter().enumerate() {
        // SAFETY: a cell is 64 bytes.
        let bytes = unsafe { _mm512_loadu_si512(cell.as_ptr().cast()) };
        if CELLS == 8 {
            weights[j] = bytes;
        } else {
            let low = _mm512_set1_epi8(15);
            weights[j] = _mm512_and_si512(bytes, low);
            weights[j + 4] = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), low);
        }
    }
    weights
}

/// Four columns of a vector, in each lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn columns(quants: &[i8; BLOCK], j: usize) -> __m512i {
    let words: &[[i8; 4]] = quants.as_chunks().0;
    _mm512_set1_epi32(i32::from_le_bytes(words[j].map(|quant| quant as u8)))
}

/// Asks for the cells that come a while later.
#[inline]
#[target_feature(enable = "avx512f")]
fn fetch(cells: &[[u8; CELL]]) {
    for cell in cells {
        // A hint: an address past the matrix is no error.
        _mm_prefetch::<_MM_HINT_T0>(cell.as_ptr().wrapping_add(AHEAD).cast());
    }
}

const _: () = assert!(CELL == 64 && GROUP == 16);
