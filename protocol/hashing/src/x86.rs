//! Eight messages a vector with AVX-512, four with AVX2.

use crate::lane::{Lane, hash_group, hash_pair_group};
use core::arch::x86_64::*;
use gavel_primitives::Hash;

/// A kind of vectors that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vectors {
    /// Eight words.
    Avx512,
    /// Four words.
    Avx2,
}

impl Vectors {
    /// The widest kind of this processor.
    pub(crate) fn widest() -> Option<Self> {
        [Vectors::Avx512, Vectors::Avx2]
            .into_iter()
            .find(|vectors| vectors.is_there())
    }

    /// All kinds of this processor.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Vectors::Avx512, Vectors::Avx2]
            .into_iter()
            .filter(|vectors| vectors.is_there())
    }

    /// Messages at once.
    pub(crate) const fn width(self) -> usize {
        match self {
            Vectors::Avx512 => 8,
            Vectors::Avx2 => 4,
        }
    }

    /// Hashes whole groups of messages of 64 bytes; gives the number of those that are done.
    ///
    /// # Panics
    /// If the processor hasn't these vectors, or if there are fewer hashes than messages.
    #[allow(unsafe_code)]
    pub(crate) fn hash_pairs(self, pairs: &[[u8; 64]], hashes: &mut [Hash]) -> usize {
        assert!(self.is_there(), "this processor has no {self:?}");
        match self {
            // SAFETY: the processor has the feature, as was just asserted.
            Vectors::Avx512 => unsafe { pairs_avx512(pairs, hashes) },
            // SAFETY: the processor has the feature, as was just asserted.
            Vectors::Avx2 => unsafe { pairs_avx2(pairs, hashes) },
        }
    }

    fn is_there(self) -> bool {
        match self {
            Vectors::Avx512 => is_x86_feature_detected!("avx512f"),
            Vectors::Avx2 => is_x86_feature_detected!("avx2"),
        }
    }
}

/// Hashes the messages that fill whole vectors of the widest kind this processor has; gives the rest back.
#[allow(unsafe_code)]
pub(crate) fn hash_groups<'m, const LEN: usize>(
    messages: &'m [[u8; LEN]],
    hashes: &mut Vec<Hash>,
) -> &'m [[u8; LEN]] {
    match Vectors::widest() {
        // SAFETY: the feature was detected.
        Some(Vectors::Avx512) => unsafe { with_avx512(messages, hashes) },
        // SAFETY: the feature was detected.
        Some(Vectors::Avx2) => unsafe { with_avx2(messages, hashes) },
        None => messages,
    }
}

#[target_feature(enable = "avx512f")]
fn with_avx512<'m, const LEN: usize>(
    messages: &'m [[u8; LEN]],
    hashes: &mut Vec<Hash>,
) -> &'m [[u8; LEN]] {
    let (groups, rest) = messages.as_chunks::<8>();
    for group in groups {
        hashes.extend(hash_group::<Eight, LEN, 8>(group));
    }
    rest
}

#[target_feature(enable = "avx2")]
fn with_avx2<'m, const LEN: usize>(
    messages: &'m [[u8; LEN]],
    hashes: &mut Vec<Hash>,
) -> &'m [[u8; LEN]] {
    let (groups, rest) = messages.as_chunks::<4>();
    for group in groups {
        hashes.extend(hash_group::<Four, LEN, 4>(group));
    }
    rest
}

#[target_feature(enable = "avx512f")]
fn pairs_avx512(pairs: &[[u8; 64]], hashes: &mut [Hash]) -> usize {
    let groups = pairs.as_chunks::<8>().0;
    let places = &mut hashes.as_chunks_mut::<8>().0[..groups.len()];
    for (group, hashes) in groups.iter().zip(places) {
        *hashes = hash_pair_group::<Eight, 8>(group);
    }
    groups.len() * 8
}

#[target_feature(enable = "avx2")]
fn pairs_avx2(pairs: &[[u8; 64]], hashes: &mut [Hash]) -> usize {
    let groups = pairs.as_chunks::<4>().0;
    let places = &mut hashes.as_chunks_mut::<4>().0[..groups.len()];
    for (group, hashes) in groups.iter().zip(places) {
        *hashes = hash_pair_group::<Four, 4>(group);
    }
    groups.len() * 4
}

#[derive(Clone, Copy)]
struct Eight(__m512i);

// SAFETY of every block: `Eight` is used by the `avx512` functions alone, into which all of this is inlined.
#[allow(unsafe_code)]
impl Lane<8> for Eight {
    #[inline(always)]
    fn gather(w: [u64; 8]) -> Self {
        let w = w.map(u64::cast_signed);
        Eight(unsafe { _mm512_setr_epi64(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]) })
    }
    /// Transposes eight by eight words: first pairs of neighbours, then pairs of 128-bit parts, then of halves.
    #[inline(always)]
    fn load(messages: &[[u8; 64]; 8]) -> [Self; 8] {
        // SAFETY: a message has the 64 bytes that are loaded; the load needs no alignment.
        let m = messages
            .each_ref()
            .map(|m| unsafe { _mm512_loadu_si512(m.as_ptr().cast()) });
        unsafe {
            let low = |a: usize| _mm512_unpacklo_epi64(m[a], m[a + 1]);
            let high = |a: usize| _mm512_unpackhi_epi64(m[a], m[a + 1]);
            let even = quarters([low(0), low(2), low(4), low(6)]);
            let odd = quarters([high(0), high(2), high(4), high(6)]);
            std::array::from_fn(|word| {
                Eight(if word % 2 == 0 {
                    even[word / 2]
                } else {
                    odd[word / 2]
                })
            })
        }
    }
    #[inline(always)]
    fn spread(self) -> [u64; 8] {
        // SAFETY: both are 64 bytes without padding.
        unsafe { core::mem::transmute(self.0) }
    }
    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        Eight(unsafe { _mm512_xor_si512(self.0, b.0) })
    }
    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        Eight(unsafe { _mm512_ternarylogic_epi64::<0x96>(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn chi(self, b: Self, c: Self) -> Self {
        Eight(unsafe { _mm512_ternarylogic_epi64::<0xD2>(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn rotate(self, by: u32) -> Self {
        Eight(unsafe { _mm512_rolv_epi64(self.0, _mm512_set1_epi64(i64::from(by))) })
    }
}

/// Transposes four by four parts of 128 bits.
#[allow(unsafe_code)]
#[inline(always)]
unsafe fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the callers' feature, as of `Eight`.
    unsafe {
        // Parts 0 and 2 of two vectors, then parts 1 and 3.
        let (ab_even, ab_odd) = (
            _mm512_shuffle_i64x2::<0x88>(a, b),
            _mm512_shuffle_i64x2::<0xDD>(a, b),
        );
        let (cd_even, cd_odd) = (
            _mm512_shuffle_i64x2::<0x88>(c, d),
            _mm512_shuffle_i64x2::<0xDD>(c, d),
        );
        [
            _mm512_shuffle_i64x2::<0x88>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<0x88>(ab_odd, cd_odd),
            _mm512_shuffle_i64x2::<0xDD>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<0xDD>(ab_odd, cd_odd),
        ]
    }
}

#[derive(Clone, Copy)]
struct Four(__m256i);

// SAFETY of every block: `Four` is used by the `avx2` functions alone, into which all of this is inlined.
#[allow(unsafe_code)]
impl Lane<4> for Four {
    #[inline(always)]
    fn gather(w: [u64; 4]) -> Self {
        let w = w.map(u64::cast_signed);
        Four(unsafe { _mm256_setr_epi64x(w[0], w[1], w[2], w[3]) })
    }
    #[inline(always)]
    fn load(messages: &[[u8; 64]; 4]) -> [Self; 8] {
        let half = |at: usize| {
            // SAFETY: the 32 bytes from `at` lie in the message; the load needs no alignment.
            let [a, b, c, d] = messages
                .each_ref()
                .map(|m| unsafe { _mm256_loadu_si256(m[at..at + 32].as_ptr().cast()) });
            unsafe {
                let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
                let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
                [
                    Four(_mm256_permute2x128_si256::<0x20>(ab_even, cd_even)),
                    Four(_mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd)),
                    Four(_mm256_permute2x128_si256::<0x31>(ab_even, cd_even)),
                    Four(_mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd)),
                ]
            }
        };
        let ([a, b, c, d], [e, f, g, h]) = (half(0), half(32));
        [a, b, c, d, e, f, g, h]
    }
    #[inline(always)]
    fn spread(self) -> [u64; 4] {
        // SAFETY: both are 32 bytes without padding.
        unsafe { core::mem::transmute(self.0) }
    }
    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        Four(unsafe { _mm256_xor_si256(self.0, b.0) })
    }
    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        self.xor(b).xor(c)
    }
    #[inline(always)]
    fn chi(self, b: Self, c: Self) -> Self {
        Four(unsafe { _mm256_xor_si256(self.0, _mm256_andnot_si256(b.0, c.0)) })
    }
    #[inline(always)]
    fn rotate(self, by: u32) -> Self {
        let left = i64::from(by);
        Four(unsafe {
            let up = _mm256_sllv_epi64(self.0, _mm256_set1_epi64x(left));
            let down = _mm256_srlv_epi64(self.0, _mm256_set1_epi64x(64 - left));
            _mm256_or_si256(up, down)
        })
    }
}
