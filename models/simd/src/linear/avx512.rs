//! Packed weights times vectors with AVX-512 VNNI: one register holds four columns of sixteen rows, and one instruction multiplies
//! them with four columns of a vector and adds the products to sixteen sums.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::pack::{BLOCK, CELL, GROUP, Group, Kind};
use core::arch::{asm, x86_64::*};

/// How many bytes before its use a cell is asked for: a page, past which the processor does not look ahead by itself.
const AHEAD: usize = 4096;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    assert_eq!(group.cells.len(), group.scales.len() * kind.cells());
    for tile in x.tiles() {
        let x = Vectors::new(x, tile, group.scales.len());
        let out = &mut out[tile.first..][..tile.vectors];
        // SAFETY: the group's and the vectors' lengths are checked above.
        unsafe {
            match (kind, tile.vectors) {
                (Kind::Q8, 1) => by_tile::<8, 1>(group, x, out),
                (Kind::Q8, 2) => by_tile::<8, 2>(group, x, out),
                (Kind::Q8, 4) => by_tile::<8, 4>(group, x, out),
                (Kind::Q8, _) => by_tile::<8, 8>(group, x, out),
                (Kind::Q4, 1) => by_tile::<4, 1>(group, x, out),
                (Kind::Q4, 2) => by_tile::<4, 2>(group, x, out),
                (Kind::Q4, 4) => by_tile::<4, 4>(group, x, out),
                (Kind::Q4, _) => by_tile::<4, 8>(group, x, out),
            }
        }
    }
}

/// A tile of vectors: where its first blocks lie.
#[derive(Clone, Copy)]
struct Vectors {
    quants: *const [i8; BLOCK],
    scales: *const f32,
    sums: *const i32,
}

impl Vectors {
    /// A tile with so many blocks a vector.
    fn new(x: &Activations<'_>, tile: Tile, blocks: usize) -> Self {
        let all = tile.base..tile.base + tile.vectors * blocks;
        Vectors {
            quants: x.quants[all.clone()].as_ptr(),
            scales: x.scales[all.clone()].as_ptr(),
            sums: x.sums[all].as_ptr(),
        }
    }
}

/// The rows of a group times a tile of `VECTORS` vectors.
///
/// # Safety
/// The group has `CELLS` cells for each of its blocks, and the tile has as many blocks and so many vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
unsafe fn by_tile<const CELLS: usize, const VECTORS: usize>(
    group: Group<'_>,
    x: Vectors,
    out: &mut [Outputs],
) {
    let mut totals = [_mm512_setzero_ps(); VECTORS];
    let mut cells = group.cells.as_ptr();
    let (mut quants, mut x_scales, mut x_sums) = (x.quants, x.scales, x.sums);
    for scales in group.scales {
        if VECTORS == 1 {
            for cell in 0..CELLS {
                // A hint: an address past the matrix is no error.
                let ahead = cells.wrapping_add(cell).cast::<i8>().wrapping_add(AHEAD);
                _mm_prefetch::<_MM_HINT_T0>(ahead);
            }
        }
        // SAFETY: the block's cells, and a block of each vector.
        let sums = unsafe { block_sums::<CELLS, VECTORS>(cells, quants, x_sums) };
        // SAFETY: sixteen binary16 numbers are 32 bytes.
        let scales = _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(scales.as_ptr().cast()) });
        for vector in 0..VECTORS {
            // SAFETY: a scale of each vector.
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(unsafe { *x_scales.add(vector) }));
            let product = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[vector]), scale);
            totals[vector] = _mm512_add_ps(totals[vector], product);
        }
        // SAFETY: as far as the next block, or one past the end.
        unsafe {
            cells = cells.add(CELLS);
            quants = quants.add(VECTORS);
            x_scales = x_scales.add(VECTORS);
            x_sums = x_sums.add(VECTORS);
        }
    }
    for (out, total) in out.iter_mut().zip(totals) {
        // SAFETY: sixteen F32 are 64 bytes.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
    }
}

/// A block's integer sums for each vector of a tile.
///
/// # Safety
/// `CELLS` cells begin at `cells`, `VECTORS` blocks at `quants` and as many sums at `x_sums`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn block_sums<const CELLS: usize, const VECTORS: usize>(
    cells: *const [u8; CELL],
    quants: *const [i8; BLOCK],
    x_sums: *const i32,
) -> [__m512i; VECTORS] {
    // Two chains for each vector: an instruction waits for the one before it in its chain.
    let mut one = [_mm512_setzero_si512(); VECTORS];
    let mut other = [_mm512_setzero_si512(); VECTORS];
    for vector in 0..VECTORS {
        // SAFETY: the caller's promise.
        let sum = _mm512_set1_epi32(unsafe { *x_sums.add(vector) });
        let added = if CELLS == 8 {
            _mm512_slli_epi32::<7>(sum)
        } else {
            _mm512_slli_epi32::<3>(sum)
        };
        one[vector] = _mm512_sub_epi32(_mm512_setzero_si512(), added);
    }
    // Written out: a loop would keep the registers in memory.
    macro_rules! multiply {
        ($weights:expr, $j:literal, $sums:ident) => {
            let weights = $weights;
            multiply!($j, $sums, weights, 0 1 2 3 4 5 6 7);
        };
        ($j:literal, $sums:ident, $weights:ident, $($vector:literal)*) => {
            $(if $vector < VECTORS {
                // SAFETY: the caller's promise; four bytes of a block.
                $sums[$vector] = unsafe {
                    add_products::<{ 4 * $j + BLOCK * $vector }>($sums[$vector], $weights, quants)
                };
            })*
        };
    }
    // SAFETY: the caller's promise; a cell is 64 bytes.
    let cell = |j| unsafe { _mm512_loadu_si512(cells.add(j).cast()) };
    if CELLS == 8 {
        multiply!(cell(0), 0, one);
        multiply!(cell(1), 1, other);
        multiply!(cell(2), 2, one);
        multiply!(cell(3), 3, other);
        multiply!(cell(4), 4, one);
        multiply!(cell(5), 5, other);
        multiply!(cell(6), 6, one);
        multiply!(cell(7), 7, other);
    } else {
        let mask = _mm512_set1_epi8(15);
        macro_rules! nibbles {
            ($j:literal, $high:literal) => {
                let bytes = cell($j);
                multiply!(_mm512_and_si512(bytes, mask), $j, one);
                let high = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), mask);
                multiply!(high, $high, other);
            };
        }
        nibbles!(0, 4);
        nibbles!(1, 5);
        nibbles!(2, 6);
        nibbles!(3, 7);
    }
    let mut sums = one;
    for vector in 0..VECTORS {
        sums[vector] = _mm512_add_epi32(one[vector], other[vector]);
    }
    sums
}

/// Adds to each sum the products of four unsigned weights with the four signed quants that begin `AT` bytes after `x`.
///
/// # Safety
/// Those four bytes can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn add_products<const AT: usize>(
    sums: __m512i,
    weights: __m512i,
    x: *const [i8; BLOCK],
) -> __m512i {
    let mut sums = sums;
    // The instruction's own broadcast from memory, which the compiler replaces by a load, a move and a broadcast, with a register for each.
    // SAFETY: it reads four bytes and writes a register.
    unsafe {
        asm!(
            "vpdpbusd {sums}, {weights}, dword ptr [{x} + {at}]{{1to16}}",
            sums = inout(zmm_reg) sums,
            weights = in(zmm_reg) weights,
            x = in(reg) x,
            at = const AT,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    sums
}

const _: () = assert!(CELL == 64 && GROUP == 16);
