//! Packed weights times vectors with AVX-512 VNNI: one register holds four columns of sixteen rows, and one instruction multiplies
//! them with four columns of a vector and adds the products to sixteen sums.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::pack::form::{CODEBOOK, Form, Kind, Quants, Scaling, with_form};
use crate::pack::{BLOCK, CELL, GROUP, Group, Order};
use core::arch::{asm, x86_64::*};

/// How many bytes before its use a cell is asked for: a page, past which the processor does not look ahead by itself.
const AHEAD: usize = 4096;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    assert_eq!(group.cells.len(), group.blocks * kind.quants().cells());
    assert!(group.heads.len() >= group.blocks / kind.head_blocks() * kind.head_bytes(Order::Lanes));
    for tile in x.tiles() {
        let x = Vectors::new(x, tile, group.blocks);
        let out = &mut out[tile.first..][..tile.vectors];
        // SAFETY: the group's and the vectors' lengths are checked above.
        unsafe {
            with_form!(kind, F => match tile.vectors {
                1 => by_tile::<F, 1>(group, x, out),
                2 => by_tile::<F, 2>(group, x, out),
                4 => by_tile::<F, 4>(group, x, out),
                _ => by_tile::<F, 8>(group, x, out),
            });
        }
    }
}

/// A tile of vectors: where its first blocks lie.
#[derive(Clone, Copy)]
struct Vectors {
    quants: *const [i8; BLOCK],
    scales: *const f32,
    starts: *const i32,
    half_starts: *const [i32; 2],
    weighted: *const f32,
}

impl Vectors {
    /// A tile with so many blocks a vector.
    fn new(x: &Activations<'_>, tile: Tile, blocks: usize) -> Self {
        let all = tile.base..tile.base + tile.vectors * blocks;
        Vectors {
            quants: x.quants[all.clone()].as_ptr(),
            scales: x.scales[all.clone()].as_ptr(),
            starts: x.starts[all.clone()].as_ptr(),
            half_starts: x.half_starts[all.clone()].as_ptr(),
            weighted: x.weighted[all].as_ptr(),
        }
    }

    /// So many blocks later.
    ///
    /// # Safety
    /// There are so many, or the place is one past the last.
    unsafe fn after(self, blocks: usize) -> Self {
        // SAFETY: the caller's promise; all arrays have an entry a block.
        unsafe {
            Vectors {
                quants: self.quants.add(blocks),
                scales: self.scales.add(blocks),
                starts: self.starts.add(blocks),
                half_starts: self.half_starts.add(blocks),
                weighted: self.weighted.add(blocks),
            }
        }
    }
}

/// The rows of a group times a tile of `VECTORS` vectors.
///
/// # Safety
/// The group has cells and heads for each of its blocks, and the tile has as many blocks and so many vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")]
unsafe fn by_tile<F: Form, const VECTORS: usize>(
    group: Group<'_>,
    x: Vectors,
    out: &mut [Outputs],
) {
    let mut totals = [_mm512_setzero_ps(); VECTORS];
    let (mut cells, mut x) = (group.cells.as_ptr(), x);
    for block in 0..group.blocks {
        if VECTORS == 1 {
            for cell in 0..F::CELLS {
                // A hint: an address past the matrix is no error.
                let ahead = cells.wrapping_add(cell).cast::<i8>().wrapping_add(AHEAD);
                _mm_prefetch::<_MM_HINT_T0>(ahead);
            }
        }
        // SAFETY: the block's cells and head, and a block of each vector.
        let ([one, other], scales) = unsafe {
            (
                block_sums::<F, VECTORS>(cells, x),
                Scales::of::<F>(group.heads.as_ptr(), block),
            )
        };
        for vector in 0..VECTORS {
            // SAFETY: a scale of each vector.
            let scale = unsafe { _mm512_set1_ps(*x.scales.add(vector)) };
            let number = scales.number::<F>(one[vector], other[vector]);
            let mut term = _mm512_mul_ps(number, _mm512_mul_ps(scales.scales, scale));
            if F::SCALING.has_min() {
                // SAFETY: as above.
                let weighted = unsafe { _mm512_set1_ps(*x.weighted.add(vector)) };
                term = _mm512_add_ps(term, _mm512_mul_ps(scales.mins, weighted));
            }
            totals[vector] = _mm512_add_ps(totals[vector], term);
        }
        // SAFETY: as far as the next block, or one past the end.
        unsafe {
            cells = cells.add(F::CELLS);
            x = x.after(VECTORS);
        }
    }
    for (out, total) in out.iter_mut().zip(totals) {
        // SAFETY: sixteen F32 are 64 bytes.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
    }
}

/// A block's numbers of sixteen rows; those that a format doesn't have are zero.
#[derive(Clone, Copy)]
struct Scales {
    scales: __m512,
    /// The small scale of the block, or of its first half.
    small: __m512,
    /// That of the second half.
    second: __m512,
    /// What the block adds for each unit of a vector's block: exact, for a minimum has 11 bits and a small one 8.
    mins: __m512,
}

impl Scales {
    /// # Safety
    /// The head of the block lies where [`Kind::head`] says, from `heads` on.
    #[inline]
    #[target_feature(enable = "avx512f,f16c")]
    unsafe fn of<F: Form>(heads: *const u8, block: usize) -> Self {
        let head = F::KIND.head(Order::Lanes, block);
        // SAFETY: the caller's promise: sixteen 16-bit numbers are 32 bytes, small ones 16.
        let halves =
            |at: usize| unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(heads.add(at).cast())) };
        let bytes = |at: usize| unsafe { _mm_loadu_si128(heads.add(at).cast()) };
        let unsigned = |at| _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes(at)));
        let signed = |at| _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes(at)));
        let none = _mm512_setzero_ps();
        let scales = halves(head.scales);
        let [small, second, mins] = match F::SCALING {
            Scaling::Scaled => [none; 3],
            Scaling::Offset => [none, none, halves(head.mins)],
            Scaling::Nested => {
                let mins = _mm512_mul_ps(halves(head.mins), unsigned(head.second()));
                let below =
                    _mm512_xor_si512(_mm512_castps_si512(mins), _mm512_set1_epi32(i32::MIN));
                [unsigned(head.small), none, _mm512_castsi512_ps(below)]
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

    /// The sums of a block's halves times their small scales. Integers become numbers of 24 bits or fewer, so only a product can be
    /// rounded, and only once, as the integer itself would be.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn number<F: Form>(&self, one: __m512i, other: __m512i) -> __m512 {
        let whole = || _mm512_cvtepi32_ps(_mm512_add_epi32(one, other));
        match F::SCALING {
            Scaling::Scaled | Scaling::Offset => whole(),
            Scaling::Nested => _mm512_mul_ps(self.small, whole()),
            // Fused or not: these products and their sum are exact.
            Scaling::Halved => _mm512_fmadd_ps(
                self.second,
                _mm512_cvtepi32_ps(other),
                _mm512_mul_ps(self.small, _mm512_cvtepi32_ps(one)),
            ),
        }
    }
}

/// Where the sums of a block's halves begin: with what makes up for the unsigned weights.
///
/// # Safety
/// `x` has a block of vector `vector`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn starts<F: Form>(x: Vectors, vector: usize) -> [__m512i; 2] {
    let none = _mm512_setzero_si512();
    if F::SCALING == Scaling::Halved {
        // SAFETY: the caller's promise.
        return unsafe { *x.half_starts.add(vector) }.map(|start| _mm512_set1_epi32(start));
    }
    // SAFETY: the caller's promise.
    let start = unsafe { _mm512_set1_epi32(*x.starts.add(vector)) };
    match F::KIND.eights_added() {
        0 => [none, none],
        eights => {
            let shift = _mm512_set1_epi32(eights.trailing_zeros() as i32);
            [_mm512_sllv_epi32(start, shift), none]
        }
    }
}

/// The integer sums of the two halves of a block for each vector of a tile: two chains for each, for an instruction waits for the one
/// before it in its chain.
///
/// # Safety
/// The cells of a block begin at `cells`, and `VECTORS` blocks at `x`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn block_sums<F: Form, const VECTORS: usize>(
    cells: *const [u8; CELL],
    x: Vectors,
) -> [[__m512i; VECTORS]; 2] {
    let mut one = [_mm512_setzero_si512(); VECTORS];
    let mut other = [_mm512_setzero_si512(); VECTORS];
    for vector in 0..VECTORS {
        // SAFETY: the caller's promise.
        [one[vector], other[vector]] = unsafe { starts::<F>(x, vector) };
    }
    let quants = x.quants;
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
    let high = match F::QUANTS {
        Quants::Fives => [cell(4); 2],
        Quants::Sixes => [cell(4), cell(5)],
        _ => [_mm512_setzero_si512(); 2],
    };
    macro_rules! columns {
        ($j:literal, $second:literal) => {
            let [low, high] = if F::QUANTS == Quants::Bytes {
                [cell($j), cell($second)]
            } else {
                nibbles::<F, $j>(cell($j), high)
            };
            multiply!(low, $j, one);
            multiply!(high, $second, other);
        };
    }
    columns!(0, 4);
    columns!(1, 5);
    columns!(2, 6);
    columns!(3, 7);
    [one, other]
}

/// The weights of columns 4j.. and 16 + 4j.. of a block, whose nibbles are in these bytes and whose higher bits in `high`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nibbles<F: Form, const J: u32>(bytes: __m512i, high: [__m512i; 2]) -> [__m512i; 2] {
    let mask = _mm512_set1_epi8(15);
    let low = _mm512_and_si512(bytes, mask);
    let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), mask);
    // `a | b & c`.
    const OR_AND: i32 = 0xf8;
    let join = |nibbles, bits, mask| _mm512_ternarylogic_epi32::<OR_AND>(nibbles, bits, mask);
    match F::QUANTS {
        Quants::Bytes | Quants::Nibbles => [low, upper],
        Quants::Named => {
            // SAFETY: sixteen bytes.
            let values = unsafe { _mm_loadu_si128(CODEBOOK.as_ptr().cast()) };
            let values = _mm512_broadcast_i32x4(values);
            [low, upper].map(|names| _mm512_shuffle_epi8(values, names))
        }
        Quants::Fives => {
            let bit = _mm512_set1_epi8(16);
            // Bits that come over from a neighbouring byte are masked away.
            let first = _mm512_sllv_epi16(high[0], _mm512_set1_epi16(4 - J as i16));
            let second = _mm512_srlv_epi16(high[0], _mm512_set1_epi16(J as i16));
            [join(low, first, bit), join(upper, second, bit)]
        }
        Quants::Sixes => {
            let pair = _mm512_set1_epi8(48);
            let moved = high.map(|pairs| match J {
                0 => _mm512_slli_epi16::<4>(pairs),
                1 => _mm512_slli_epi16::<2>(pairs),
                2 => pairs,
                _ => _mm512_srli_epi16::<2>(pairs),
            });
            [join(low, moved[0], pair), join(upper, moved[1], pair)]
        }
    }
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
