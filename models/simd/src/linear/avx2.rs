//! Packed weights times vectors with AVX2. Numbers of six bits or fewer are multiplied byte by byte: two neighbours' products fit
//! 16 bits. Those of eight are taken apart into even and odd columns, whose products with 16-bit quants add up exactly.
#![allow(unsafe_code)] // loads from slices whose lengths are checked beside them
#![allow(clippy::needless_range_loop)] // over registers: what an iterator gives would lie in memory

use super::Outputs;
use crate::activations::{Activations, Tile};
use crate::pack::form::{CODEBOOK, Form, Kind, Quants, Scaling, with_form};
use crate::pack::{BLOCK, CELL, GROUP, Group, Order};
use core::arch::x86_64::*;

/// The rows of a group times all vectors.
#[target_feature(enable = "avx2,f16c")]
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    with_form!(kind, F => tiles::<F>(group, x, out))
}

#[target_feature(enable = "avx2,f16c")]
fn tiles<F: Form>(group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        let out = &mut out[tile.first..][..tile.vectors];
        match tile.vectors {
            1 => part::<F, 1>(group, x, tile, 0, out),
            2 => part::<F, 2>(group, x, tile, 0, out),
            _ => {
                for first in (0..tile.vectors).step_by(4) {
                    part::<F, 4>(group, x, tile, first, &mut out[first..][..4]);
                }
            }
        }
    }
}

/// The rows of a group times `VECTORS` vectors of a tile, from its `first` one on.
#[target_feature(enable = "avx2,f16c")]
fn part<F: Form, const VECTORS: usize>(
    group: Group<'_>,
    x: &Activations<'_>,
    tile: Tile,
    first: usize,
    out: &mut [Outputs],
) {
    let mut totals = [[_mm256_setzero_ps(); VECTORS]; 2];
    for (block, cells) in (0..group.blocks).zip(group.cells.chunks_exact(F::CELLS)) {
        let at = tile.at(first, block);
        let (x_scales, weighted) = (&x.scales[at..][..VECTORS], &x.weighted[at..][..VECTORS]);
        for (half, totals) in totals.iter_mut().enumerate() {
            let scales = Scales::of::<F>(group, block, half);
            let [one, other] = if F::QUANTS.are_wide() {
                wide_sums::<F, VECTORS>(cells, half, x, at)
            } else {
                sums::<F, VECTORS>(cells, half, x, at)
            };
            for vector in 0..VECTORS {
                let number = scales.number::<F>(one[vector], other[vector]);
                let scale = _mm256_mul_ps(scales.scales, _mm256_set1_ps(x_scales[vector]));
                let mut term = _mm256_mul_ps(number, scale);
                if F::SCALING.has_min() {
                    let min = _mm256_mul_ps(scales.mins, _mm256_set1_ps(weighted[vector]));
                    term = _mm256_add_ps(term, min);
                }
                totals[vector] = _mm256_add_ps(totals[vector], term);
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

/// The numbers of eight rows of a block; those that a format doesn't have are zero.
#[derive(Clone, Copy)]
struct Scales {
    scales: __m256,
    /// The small scale of the block, or of its first half.
    small: __m256,
    /// That of the second half.
    second: __m256,
    /// What the block adds for each unit of a vector's block: exact, for a minimum has 11 bits and a small one 8.
    mins: __m256,
}

impl Scales {
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn of<F: Form>(group: Group<'_>, block: usize, half: usize) -> Self {
        let head = F::KIND.head(Order::Lanes, block);
        let halves = |at: usize| {
            let bytes: &[u8; 16] = group.heads[at + 16 * half..].first_chunk().expect("a head");
            // SAFETY: eight binary16 numbers are 16 bytes.
            _mm256_cvtph_ps(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        };
        let bytes = |at: usize| {
            let bytes = &group.small(at).as_chunks::<8>().0[half];
            // SAFETY: eight bytes.
            unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) }
        };
        let unsigned = |at| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes(at)));
        let signed = |at| _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes(at)));
        let none = _mm256_setzero_ps();
        let scales = halves(head.scales);
        let [small, second, mins] = match F::SCALING {
            Scaling::Scaled => [none; 3],
            Scaling::Offset => [none, none, halves(head.mins)],
            Scaling::Nested => {
                let mins = _mm256_mul_ps(halves(head.mins), unsigned(head.second()));
                let below = _mm256_xor_ps(mins, _mm256_set1_ps(-0.0));
                [unsigned(head.small), none, below]
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
    #[target_feature(enable = "avx2")]
    fn number<F: Form>(&self, one: __m256i, other: __m256i) -> __m256 {
        let whole = || _mm256_cvtepi32_ps(_mm256_add_epi32(one, other));
        match F::SCALING {
            Scaling::Scaled | Scaling::Offset => whole(),
            Scaling::Nested => _mm256_mul_ps(self.small, whole()),
            Scaling::Halved => _mm256_add_ps(
                _mm256_mul_ps(self.small, _mm256_cvtepi32_ps(one)),
                _mm256_mul_ps(self.second, _mm256_cvtepi32_ps(other)),
            ),
        }
    }
}

/// Where the sums of a block's halves begin: with what makes up for the unsigned weights.
#[inline]
#[target_feature(enable = "avx2")]
fn starts<F: Form, const VECTORS: usize>(
    x: &Activations<'_>,
    at: usize,
) -> [[__m256i; VECTORS]; 2] {
    let mut all = [[_mm256_setzero_si256(); VECTORS]; 2];
    for vector in 0..VECTORS {
        if F::SCALING == Scaling::Halved {
            let [first, second] = x.half_starts[at + vector];
            all[0][vector] = _mm256_set1_epi32(first);
            all[1][vector] = _mm256_set1_epi32(second);
        } else if F::KIND.eights_added() > 0 {
            let start = F::KIND.eights_added() * x.starts[at + vector];
            all[0][vector] = _mm256_set1_epi32(start);
        }
    }
    all
}

/// The integer sums of the two halves of a block for eight rows and each vector, of weights below 64: four neighbours' products, two
/// and two together, fit 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn sums<F: Form, const VECTORS: usize>(
    cells: &[[u8; CELL]],
    half: usize,
    x: &Activations<'_>,
    at: usize,
) -> [[__m256i; VECTORS]; 2] {
    let [mut one, mut other] = starts::<F, VECTORS>(x, at);
    let quants: &[[i8; BLOCK]; VECTORS] = x.quants[at..].first_chunk().expect("a tile's block");
    let ones = _mm256_set1_epi16(1);
    for j in [0, 2] {
        let [low, high] = pair::<F>(cells, half, j);
        let [next_low, next_high] = pair::<F>(cells, half, j + 1);
        for vector in 0..VECTORS {
            let x = &quants[vector];
            let products = _mm256_add_epi16(
                _mm256_maddubs_epi16(low, four(x, j)),
                _mm256_maddubs_epi16(next_low, four(x, j + 1)),
            );
            one[vector] = _mm256_add_epi32(one[vector], _mm256_madd_epi16(products, ones));
            let products = _mm256_add_epi16(
                _mm256_maddubs_epi16(high, four(x, j + 4)),
                _mm256_maddubs_epi16(next_high, four(x, j + 5)),
            );
            other[vector] = _mm256_add_epi32(other[vector], _mm256_madd_epi16(products, ones));
        }
    }
    [one, other]
}

/// The same of weights of eight bits.
#[inline]
#[target_feature(enable = "avx2")]
fn wide_sums<F: Form, const VECTORS: usize>(
    cells: &[[u8; CELL]],
    half: usize,
    x: &Activations<'_>,
    at: usize,
) -> [[__m256i; VECTORS]; 2] {
    let mut sums = starts::<F, VECTORS>(x, at);
    let pairs: &[[i16; BLOCK]; VECTORS] = x.pairs[at..].first_chunk().expect("a tile's block");
    for j in 0..4 {
        let weights = pair::<F>(cells, half, j);
        for (sums, (weights, j)) in sums.iter_mut().zip(weights.into_iter().zip([j, j + 4])) {
            let even = _mm256_and_si256(weights, _mm256_set1_epi16(0xff));
            let odd = _mm256_srli_epi16::<8>(weights);
            for vector in 0..VECTORS {
                let x = &pairs[vector];
                let products = _mm256_add_epi32(
                    _mm256_madd_epi16(even, two(x, 2 * j)),
                    _mm256_madd_epi16(odd, two(x, 2 * j + 1)),
                );
                sums[vector] = _mm256_add_epi32(sums[vector], products);
            }
        }
    }
    sums
}

/// Columns 4j.. and 16 + 4j.. of eight rows of a block.
#[inline]
#[target_feature(enable = "avx2")]
fn pair<F: Form>(cells: &[[u8; CELL]], half: usize, j: usize) -> [__m256i; 2] {
    let cell = |at: usize| {
        let bytes = &cells[at].as_chunks::<32>().0[half];
        // SAFETY: half a cell is 32 bytes.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    };
    if F::QUANTS == Quants::Bytes {
        return [cell(j), cell(j + 4)];
    }
    let (bytes, mask) = (cell(j), _mm256_set1_epi8(15));
    let low = _mm256_and_si256(bytes, mask);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask);
    // Bits that come over from a neighbouring byte are masked away.
    let right = |bits, by: usize| _mm256_srl_epi16(bits, _mm_cvtsi32_si128(by as i32));
    let left = |bits, by: usize| _mm256_sll_epi16(bits, _mm_cvtsi32_si128(by as i32));
    match F::QUANTS {
        Quants::Bytes | Quants::Nibbles => [low, high],
        Quants::Named => {
            // SAFETY: sixteen bytes.
            let values = unsafe { _mm_loadu_si128(CODEBOOK.as_ptr().cast()) };
            let values = _mm256_broadcastsi128_si256(values);
            [low, high].map(|names| _mm256_shuffle_epi8(values, names))
        }
        Quants::Fives => {
            let (bits, bit) = (cell(4), _mm256_set1_epi8(16));
            let first = _mm256_and_si256(left(bits, 4 - j), bit);
            let second = _mm256_and_si256(right(bits, j), bit);
            [_mm256_or_si256(low, first), _mm256_or_si256(high, second)]
        }
        Quants::Sixes => {
            let moved = |pairs| {
                let pairs = if j < 2 {
                    left(pairs, 4 - 2 * j)
                } else {
                    right(pairs, 2 * j - 4)
                };
                _mm256_and_si256(pairs, _mm256_set1_epi8(48))
            };
            [
                _mm256_or_si256(low, moved(cell(4))),
                _mm256_or_si256(high, moved(cell(5))),
            ]
        }
    }
}

/// Four columns of a vector, in each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn four(x: &[i8; BLOCK], at: usize) -> __m256i {
    let four = x.as_chunks::<4>().0[at].map(|x| x as u8);
    _mm256_set1_epi32(i32::from_le_bytes(four))
}

/// Two columns of a vector, in each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn two(x: &[i16; BLOCK], at: usize) -> __m256i {
    let [low, high] = x.as_chunks::<2>().0[at].map(|x| x as u16);
    _mm256_set1_epi32((u32::from(low) | u32::from(high) << 16) as i32)
}

const _: () = assert!(GROUP == 16);
