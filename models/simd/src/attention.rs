//! Attention of one query row over a cache: the operators Scores, Softmax and WeightedSum in one go, head by head, with the
//! same sums in the same order.
//!
//! A cache is transposed: of each element of a row of keys or values it has all positions one after the other, so that sixteen
//! positions are a register.

use crate::exp::exp;
use crate::level::by_level;
use crate::linear::float::{column_sums, dot, dots, folded};
use gavel_kernels::num::{CANONICAL_NAN, LANES, stored};

/// Elements of the shortest heads that models have.
const SHORT: usize = 8;

/// The shape of an attention operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Query heads that share a key head.
    pub group: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Positions of a cache, a multiple of 16: from one element's first position to the next one's.
    pub positions: usize,
    /// Scale of the scores, the bits of an F32.
    pub scale: u32,
    /// Positions that are seen: the last of them is the query's own.
    pub window: usize,
}

impl Shape {
    /// The first position that a query at `position` sees.
    pub fn first_seen(&self, position: usize) -> usize {
        (position + 1).saturating_sub(self.window)
    }
}

/// The positions that a cache for `context` of them has: whole registers, wherever the first position that is seen lies.
pub fn cache_positions(context: usize) -> usize {
    context.next_multiple_of(LANES) + LANES
}

by_level! {
    /// Attention of the `group` query heads that share one key head, at `position`. `keys` and `values` are that head's part of the caches
    /// \[head_dim, positions\]; `q` and `out` have `group * head_dim` elements, `scratch` as many as positions are seen.
    ///
    /// # Panics
    /// If a slice is shorter than that.
    pub fn attention(
        shape: &Shape,
        q: &[f32],
        keys: &[f32],
        values: &[f32],
        position: usize,
        scratch: &mut [f32],
        out: &mut [f32],
    ) {
        let first = shape.first_seen(position);
        let weights = &mut scratch[..position + 1 - first];
        let (keys, values) = (&keys[first..], &values[first..]);
        let heads = q.chunks_exact(shape.head_dim).zip(out.chunks_exact_mut(shape.head_dim));
        for (q, out) in heads {
            match q.first_chunk() {
                // A length that the compiler knows: of a short head's sixteen lanes it writes out those that have terms.
                Some(q) if shape.head_dim == SHORT => scores::<&[f32; SHORT]>(shape, q, keys, weights),
                _ => scores(shape, q, keys, weights),
            }
            softmax(weights);
            weighted_sum(shape, weights, values, out);
        }
    }
}

#[inline(always)]
fn scores<Q: AsRef<[f32]>>(shape: &Shape, q: Q, keys: &[f32], out: &mut [f32]) {
    let q = q.as_ref();
    let scale = f32::from_bits(shape.scale);
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        let key = |i: usize| -> &[f32; LANES] {
            keys[i * shape.positions + chunk * LANES..]
                .first_chunk()
                .expect("whole chunks")
        };
        let sums = column_sums(q, key);
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = sum * scale;
        }
    }
}

#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let max = largest(scores);
    for score in scores.iter_mut() {
        *score = exp(*score - max);
    }
    let mut lanes = [0.0; LANES];
    let (whole, rest) = scores.as_chunks::<LANES>();
    for terms in whole {
        for lane in 0..LANES {
            lanes[lane] += terms[lane];
        }
    }
    for (lane, term) in lanes.iter_mut().zip(rest) {
        *lane += term;
    }
    let total = folded(lanes);
    for e in scores {
        *e /= total;
    }
}

/// An integer that orders as its number does, NaN lowest.
#[inline(always)]
pub(crate) fn key(x: f32) -> i32 {
    let bits = x.to_bits();
    let magnitude = (bits & 0x7fff_ffff) as i32;
    let sign = bits as i32 >> 31;
    let ordered = (magnitude ^ sign).wrapping_sub(sign);
    if magnitude > 0x7f80_0000 {
        i32::MIN
    } else {
        ordered
    }
}

/// The largest value, NaN if all are.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let mut best = [i32::MIN; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for lane in 0..LANES {
            best[lane] = best[lane].max(key(values[lane]));
        }
    }
    for (best, value) in best.iter_mut().zip(rest) {
        *best = (*best).max(key(*value));
    }
    let best = best.into_iter().fold(i32::MIN, i32::max);
    match best {
        i32::MIN => f32::from_bits(CANONICAL_NAN),
        0.. => f32::from_bits(best as u32),
        _ => -f32::from_bits(best.wrapping_neg() as u32),
    }
}

/// The i-th position that is seen goes to lane i mod 16: a dot product of the weights and an element's positions. Four elements at a
/// time, for the sums of one wait for each other.
#[inline(always)]
fn weighted_sum(shape: &Shape, weights: &[f32], values: &[f32], out: &mut [f32]) {
    let of = |element: usize| &values[element * shape.positions..][..weights.len()];
    let (fours, rest) = out.as_chunks_mut::<4>();
    for (at, out) in fours.iter_mut().enumerate() {
        let sums = dots(
            weights,
            [of(4 * at), of(4 * at + 1), of(4 * at + 2), of(4 * at + 3)],
        );
        *out = sums.map(|sum| f32::from_bits(stored(sum)));
    }
    let first = 4 * fours.len();
    for (at, out) in rest.iter_mut().enumerate() {
        *out = f32::from_bits(stored(dot(weights, of(first + at), |x| x)));
    }
}

by_level! {
    /// Puts a row of keys or values into a cache of `positions`, as position `position`.
    ///
    /// # Panics
    /// If the cache has fewer elements, or the position is none of its.
    pub fn store(row: &[f32], positions: usize, position: usize, cache: &mut [f32]) {
        for (element, x) in row.iter().enumerate() {
            cache[element * positions + position] = f32::from_bits(stored(*x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_kernels::num;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_is_that_of_the_definition(bits in any::<u32>(), others in prop::collection::vec(any::<u32>(), 0..40)) {
            prop_assert_eq!(key(f32::from_bits(bits)), num::key(f32::from_bits(bits)));
            let values: Vec<f32> = others.into_iter().map(f32::from_bits).collect();
            let (got, expected) = (largest(&values), num::largest(&values));
            prop_assert_eq!(num::key(got), num::key(expected));
        }
    }
}
