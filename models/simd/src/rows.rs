//! Operators that stay within a vector: each takes a batch of vectors `[vectors, width]`.

use crate::exp::exp;
use crate::level::by_level;
use crate::linear::float::dot;
use gavel_kernels::num::{sqrt, stored};

by_level! {
    /// RMSNorm of each `weight.len()` elements of `x`; `eps` is the bits of an F32.
    ///
    /// # Panics
    /// If `out` is shorter than `x`.
    pub fn rms_norm(x: &[f32], weight: &[f32], eps: u32, out: &mut [f32]) {
        let dim = weight.len();
        for (x, out) in x.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
            let mean = dot(x, x, |x| x) / dim as f32;
            let r = 1.0 / sqrt(mean + f32::from_bits(eps));
            for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
                *out = canonical((x * r) * weight);
            }
        }
    }
}

by_level! {
    /// `out = out + b`, element by element; `b` begins again where it ends.
    pub fn add(b: &[f32], out: &mut [f32]) {
        for out in out.chunks_mut(b.len()) {
            for (out, b) in out.iter_mut().zip(b) {
                *out = canonical(*out + b);
            }
        }
    }
}

by_level! {
    /// `out = silu(gate) * up`.
    pub fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            *out = canonical((gate / (1.0 + exp(-gate))) * up);
        }
    }
}

by_level! {
    /// The outputs `x` \[used, dim\] of the chosen experts, summed by the experts' parts of the sum of their probabilities. The probability
    /// of a number that is no expert's is 0.
    ///
    /// # Panics
    /// If `x` is shorter than `chosen` and `out` say.
    pub fn expert_sum(x: &[f32], chosen: &[u32], probs: &[f32], out: &mut [f32]) {
        let prob = |expert: &u32| probs.get(*expert as usize).copied().unwrap_or(0.0);
        let mut total = 0.0;
        for expert in chosen {
            total += prob(expert);
        }
        let dim = out.len();
        out.fill(0.0);
        for (place, expert) in chosen.iter().enumerate() {
            let share = prob(expert) / total;
            for (out, x) in out.iter_mut().zip(&x[place * dim..][..dim]) {
                *out += x * share;
            }
        }
        for out in out {
            *out = canonical(*out);
        }
    }
}

by_level! {
    /// Rotates each head of `x`, `head_dim` long, by a row of the table: (cos, sin) for each pair, which are neighbours, or an element of
    /// each half of the rotated part. Elements past the row are copied.
    ///
    /// # Panics
    /// If `out` is shorter than `x`, or the row longer than a head.
    pub fn rope(x: &[f32], head_dim: usize, neighbours: bool, table: &[f32], out: &mut [f32]) {
        let pairs = table.as_chunks::<2>().0;
        for (x, out) in x.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)) {
            let (x, rest) = x.split_at(table.len());
            let (out, out_rest) = out.split_at_mut(table.len());
            store(rest, out_rest);
            if neighbours {
                let x = x.as_chunks::<2>().0;
                for ((out, x), turn) in out.as_chunks_mut::<2>().0.iter_mut().zip(x).zip(pairs) {
                    *out = turned(*x, *turn);
                }
            } else {
                let (first, second) = x.split_at(pairs.len());
                let (out_first, out_second) = out.split_at_mut(pairs.len());
                for (i, turn) in pairs.iter().enumerate() {
                    [out_first[i], out_second[i]] = turned([first[i], second[i]], *turn);
                }
            }
        }
    }
}

#[inline(always)]
fn turned([a, b]: [f32; 2], [cos, sin]: [f32; 2]) -> [f32; 2] {
    [canonical(a * cos - b * sin), canonical(a * sin + b * cos)]
}

#[inline(always)]
fn store(x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = canonical(*x);
    }
}

/// The number as it is stored.
#[inline(always)]
fn canonical(x: f32) -> f32 {
    f32::from_bits(stored(x))
}
