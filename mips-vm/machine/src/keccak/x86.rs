//! Eight messages a vector with AVX-512, four with AVX2.

use super::lane::{Lane, hash_group};
use core::arch::x86_64::*;
use gavel_primitives::Hash;

/// Hashes the messages that fill whole vectors of the widest kind this processor has; gives the rest back.
#[allow(unsafe_code)]
pub(super) fn hash_groups<'m, const LEN: usize>(
    messages: &'m [[u8; LEN]],
    hashes: &mut Vec<Hash>,
) -> &'m [[u8; LEN]] {
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the feature was just detected.
        unsafe { with_avx512(messages, hashes) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the feature was just detected.
        unsafe { with_avx2(messages, hashes) }
    } else {
        messages
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

#[derive(Clone, Copy)]
struct Eight(__m512i);

// SAFETY of every block: `Eight` is used by `with_avx512` alone, into which all of this is inlined.
#[allow(unsafe_code)]
impl Lane<8> for Eight {
    #[inline(always)]
    fn gather(w: [u64; 8]) -> Self {
        let w = w.map(u64::cast_signed);
        Eight(unsafe { _mm512_setr_epi64(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]) })
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

#[derive(Clone, Copy)]
struct Four(__m256i);

// SAFETY of every block: `Four` is used by `with_avx2` alone, into which all of this is inlined.
#[allow(unsafe_code)]
impl Lane<4> for Four {
    #[inline(always)]
    fn gather(w: [u64; 4]) -> Self {
        let w = w.map(u64::cast_signed);
        Four(unsafe { _mm256_setr_epi64x(w[0], w[1], w[2], w[3]) })
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
