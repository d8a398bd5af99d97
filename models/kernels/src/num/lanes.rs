//! Long sums. Index `i` goes to lane `i mod 16`, each lane adds in order from +0.0, and the lanes fold in halves. The order is
//! part of the definition: it is the one that vector units of 4, 8 and 16 lanes follow by themselves.

use super::f16_to_f32;
use super::sixteen::{BF16_BITS, F16_BITS, bf16_factor, kept};

/// Lanes of a sum.
pub const LANES: usize = 16;
/// Partial sums, one for each lane.
pub type Lanes = [f32; LANES];

/// The lanes' sum: (l, l + 8), then (l, l + 4), (l, l + 2), (l, l + 1).
pub fn fold(mut lanes: Lanes) -> f32 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

/// The sum of `values`.
pub fn sum(values: impl IntoIterator<Item = f32>) -> f32 {
    let mut lanes = [0.0; LANES];
    for (index, value) in values.into_iter().enumerate() {
        lanes[index % LANES] += value;
    }
    fold(lanes)
}

/// The sum of `a[i] * b[i]`, over the shorter one's length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    dot_of(a, b, |a| a, |b| b)
}

/// The sum of `a[i] * b[i]` where `a` is stored in binary16, converted exactly, and `b` is rounded: every product is exact.
pub fn dot_f16(a: &[u16], b: &[f32]) -> f32 {
    dot_of(a, b, f16_to_f32, kept::<F16_BITS>)
}

/// The sum of `a[i] * b[i]` where `a` is stored as upper halves of binary32 and `b` is rounded: every product is exact.
pub fn dot_bf16(a: &[u16], b: &[f32]) -> f32 {
    dot_of(a, b, bf16_factor, kept::<BF16_BITS>)
}

#[inline(always)]
fn dot_of<T: Copy>(
    a: &[T],
    b: &[f32],
    number: impl Fn(T) -> f32,
    factor: impl Fn(f32) -> f32,
) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += number(a[lane]) * factor(b[lane]);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += number(*a) * factor(*b);
    }
    fold(lanes)
}
