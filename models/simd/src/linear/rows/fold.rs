//! The lanes of several sums folded at a time, as they are defined to be: what is added is side by side.

use core::arch::x86_64::*;

/// Lanes 0 + 2 and 1 + 3, then both, of four sums whose sixteen lanes are four by now.
#[inline(always)]
pub(super) fn fours([a, b, c, d]: [__m128; 4]) -> [f32; 4] {
    // SAFETY: every processor of this kind has SSE.
    #[allow(unsafe_code)]
    unsafe {
        let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        let sums = _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab));
        let mut out = [0.0; 4];
        _mm_storeu_ps(out.as_mut_ptr(), sums);
        out
    }
}

/// Lanes l + 4 of eight.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn halves(eight: __m256) -> __m128 {
    _mm_add_ps(
        _mm256_castps256_ps128(eight),
        _mm256_extractf128_ps::<1>(eight),
    )
}
