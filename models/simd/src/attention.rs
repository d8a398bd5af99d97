//! Attention of one query row over a cache: the operators Scores, Softmax and WeightedSum in one go, head by head, with the
//! same sums in the same order.
//!
//! A cache is transposed: of each element of a row of keys or values it has all positions one after the other, so that sixteen
//! positions are a register.

use crate::exp::exp;
use crate::level::by_level;
use crate::linear::float::{added, column_sums, folded};
use gavel_kernels::num::{CANONICAL_NAN, LANES, Lanes, stored};

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

/// Words of scratch memory for so many positions that are seen: whole registers.
pub fn scratch_words(seen: usize) -> usize {
    seen.next_multiple_of(LANES)
}

by_level! {
    /// Attention of the `group` query heads that share one key head, at `position`. `keys` and `values` are that head's part of the caches
    /// \[head_dim, positions\]; `q` and `out` have `group * head_dim` elements, `scratch` has [`scratch_words`] of the positions that are
    /// seen.
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
        let seen = position + 1 - first;
        let weights = &mut scratch.as_chunks_mut().0[..seen.div_ceil(LANES)];
        let (keys, values) = (&keys[first..], &values[first..]);
        let heads = q.chunks_exact(shape.head_dim).zip(out.chunks_exact_mut(shape.head_dim));
        for (q, out) in heads {
            scores(shape, q, keys, weights);
            softmax(weights, seen);
            weighted_sum(shape, weights, seen, values, out);
        }
    }
}

/// The scores of the positions that are seen, and whatever fills the last register.
#[inline(always)]
fn scores(shape: &Shape, q: &[f32], keys: &[f32], out: &mut [Lanes]) {
    let scale = f32::from_bits(shape.scale);
    let last = q.len().saturating_sub(1) * shape.positions;
    assert!(keys.len() >= last + out.len() * LANES, "whole chunks");
    for (chunk, out) in out.iter_mut().enumerate() {
        #[allow(unsafe_code)]
        let key = |i: usize| -> &Lanes {
            // SAFETY: the sums ask for elements of `q`; of the last one's keys all chunks are there, as was looked above. A check here would
            // cost as much as a term.
            unsafe {
                &*keys
                    .as_ptr()
                    .add(i * shape.positions + chunk * LANES)
                    .cast()
            }
        };
        let sums = column_sums(q, key);
        for lane in 0..LANES {
            out[lane] = sums[lane] * scale;
        }
    }
}

/// Whole registers, and the one that only `seen` mod 16 lanes of belong to, if there is one.
#[inline(always)]
fn last_apart(chunks: &mut [Lanes], seen: usize) -> (&mut [Lanes], Option<&mut Lanes>) {
    let (whole, last) = chunks.split_at_mut(seen / LANES);
    (whole, last.first_mut())
}

/// Softmax of the first `seen` scores; the others become numbers of no meaning.
#[inline(always)]
fn softmax(scores: &mut [Lanes], seen: usize) {
    // NaN is the lowest there is.
    fill_rest(scores, seen, f32::NAN);
    let max = largest(scores.as_flattened());
    for score in scores.as_flattened_mut() {
        *score = exp(*score - max);
    }
    let mut lanes = [0.0; LANES];
    let (whole, last) = last_apart(scores, seen);
    for terms in whole {
        lanes = added(lanes, *terms);
    }
    if let Some(terms) = last {
        lanes = chosen(seen % LANES, added(lanes, *terms), lanes);
    }
    let total = folded(lanes);
    for e in scores.as_flattened_mut() {
        *e /= total;
    }
}

/// Gives the lanes past the last position a value.
#[inline(always)]
fn fill_rest(chunks: &mut [Lanes], seen: usize, value: f32) {
    if let (_, Some(last)) = last_apart(chunks, seen) {
        *last = chosen(seen % LANES, *last, [value; LANES]);
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
fn weighted_sum(shape: &Shape, weights: &[Lanes], seen: usize, values: &[f32], out: &mut [f32]) {
    let of = |element: usize| -> &[Lanes] {
        let positions = &values[element * shape.positions..][..weights.len() * LANES];
        positions.as_chunks().0
    };
    let is_seen: [u32; LANES] = chosen(seen % LANES, [u32::MAX; LANES], [0; LANES]);
    let (fours, rest) = out.as_chunks_mut::<4>();
    for (at, out) in fours.iter_mut().enumerate() {
        let at = 4 * at;
        let values = [of(at), of(at + 1), of(at + 2), of(at + 3)];
        *out = four(weights, seen / LANES, &is_seen, values);
    }
    let first = 4 * fours.len();
    for (at, out) in rest.iter_mut().enumerate() {
        *out = one(weights, seen, of(first + at));
    }
}

/// The weighted sums of four elements: of `count` whole registers, and of the lanes of the next one that have all bits set in `is_seen`.
#[inline(always)]
fn four(
    weights: &[Lanes],
    count: usize,
    is_seen: &[u32; LANES],
    values: [&[Lanes]; 4],
) -> [f32; 4] {
    let mut lanes = [[0.0; LANES]; 4];
    let [v0, v1, v2, v3] = values;
    for ((((weights, v0), v1), v2), v3) in weights[..count].iter().zip(v0).zip(v1).zip(v2).zip(v3) {
        for lane in 0..LANES {
            lanes[0][lane] += weights[lane] * v0[lane];
            lanes[1][lane] += weights[lane] * v1[lane];
            lanes[2][lane] += weights[lane] * v2[lane];
            lanes[3][lane] += weights[lane] * v3[lane];
        }
    }
    if let [weights] = &weights[count..] {
        let (v0, v1, v2, v3) = (&v0[count], &v1[count], &v2[count], &v3[count]);
        for lane in 0..LANES {
            // What lies past the last position may be anything. Bits are masked, for a choice would be made lane by lane in WebAssembly.
            let product =
                |value: f32| f32::from_bits((weights[lane] * value).to_bits() & is_seen[lane]);
            lanes[0][lane] += product(v0[lane]);
            lanes[1][lane] += product(v1[lane]);
            lanes[2][lane] += product(v2[lane]);
            lanes[3][lane] += product(v3[lane]);
        }
    }
    [
        weighted(lanes[0]),
        weighted(lanes[1]),
        weighted(lanes[2]),
        weighted(lanes[3]),
    ]
}

/// The weighted sum of an element.
#[inline(always)]
fn one(weights: &[Lanes], seen: usize, values: &[Lanes]) -> f32 {
    let mut lanes = [0.0; LANES];
    let count = seen / LANES;
    for (weights, values) in weights[..count].iter().zip(values) {
        lanes = with_products(lanes, weights, values);
    }
    if let ([weights], [values]) = (&weights[count..], &values[count..]) {
        let sums = with_products(lanes, weights, values);
        // What lies past the last position may be anything.
        lanes = chosen(seen % LANES, sums, lanes);
    }
    weighted(lanes)
}

/// A weighted sum of its lanes.
#[inline(always)]
fn weighted(lanes: Lanes) -> f32 {
    f32::from_bits(stored(folded(lanes)))
}

/// Lanes with the products of others added.
#[inline(always)]
fn with_products(lanes: Lanes, weights: &Lanes, values: &Lanes) -> Lanes {
    core::array::from_fn(|lane| lanes[lane] + weights[lane] * values[lane])
}

/// The first `count` lanes of one, the others of another.
#[inline(always)]
fn chosen<T: Copy>(count: usize, first: [T; LANES], others: [T; LANES]) -> [T; LANES] {
    core::array::from_fn(|lane| {
        if lane < count {
            first[lane]
        } else {
            others[lane]
        }
    })
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
