//! Small matrices of floating-point weights times vectors: of each column sixteen rows together, sums in sixteen lanes.

use super::Outputs;
use crate::level::by_level;
use crate::pack::GROUP;
use gavel_kernels::num::{LANES, Lanes, stored};

/// A register of each lane's partial sums.
type Sums = [f32; LANES];

by_level! {
    /// Groups of sixteen rows of binary32 weights, of each column its sixteen rows together \[groups, cols, 16\], times vectors `x`
    /// \[vectors, cols\]: `out[g, v]`, as [`crate::linear()`] has it.
    pub fn f32_groups(groups: &[f32], cols: usize, x: &[f32], out: &mut [Outputs]) {
        let vectors = x.len() / cols;
        for (group, out) in groups.chunks_exact(cols * GROUP).zip(out.chunks_exact_mut(vectors)) {
            let columns = group.as_chunks::<GROUP>().0;
            for (x, out) in x.chunks_exact(cols).zip(out) {
                *out = column_sums(x, |i| &columns[i]).map(|sum| f32::from_bits(stored(sum)));
            }
        }
    }
}

/// Sixteen dot products with the same vector at once: entry j is the lane sum of `x[i] * column(i)[j]`.
///
/// A lane's sum is made when it is due, so that few are kept at a time.
#[inline(always)]
pub(crate) fn column_sums<'a>(
    x: &[f32],
    column: impl Fn(usize) -> &'a [f32; LANES] + Copy,
) -> [f32; LANES] {
    added(eight(x, 0, column), eight(x, 1, column))
}

/// The sums of two, four and eight lanes. Functions, not closures: the compiler would not inline those into each level.
#[inline(always)]
fn eight<'a>(x: &[f32], at: usize, column: impl Fn(usize) -> &'a Sums + Copy) -> Sums {
    added(four(x, at, column), four(x, at + 2, column))
}

#[inline(always)]
fn four<'a>(x: &[f32], at: usize, column: impl Fn(usize) -> &'a Sums + Copy) -> Sums {
    added(two(x, at, column), two(x, at + 4, column))
}

#[inline(always)]
fn two<'a>(x: &[f32], at: usize, column: impl Fn(usize) -> &'a Sums + Copy) -> Sums {
    added(one(x, at, column), one(x, at + 8, column))
}

/// The terms of one lane.
#[inline(always)]
fn one<'a>(x: &[f32], lane: usize, column: impl Fn(usize) -> &'a Sums + Copy) -> Sums {
    let mut sums = [0.0; LANES];
    let mut i = lane;
    // A loop's head costs WebAssembly as much as a term: it asks for fuel.
    while i + 3 * LANES < x.len() {
        for term in 0..4 {
            let i = i + term * LANES;
            sums = with_term(sums, x[i], column(i));
        }
        i += 4 * LANES;
    }
    while i < x.len() {
        sums = with_term(sums, x[i], column(i));
        i += LANES;
    }
    sums
}

/// Sums with one term more.
#[inline(always)]
fn with_term(sums: Sums, x: f32, column: &Sums) -> Sums {
    core::array::from_fn(|j| sums[j] + x * column[j])
}

/// The sums of two, lane by lane.
#[inline(always)]
pub(crate) fn added(a: Lanes, b: Lanes) -> Lanes {
    core::array::from_fn(|j| a[j] + b[j])
}

/// `gavel_kernels::num::dot`, in code that the compiler can inline into each level.
#[inline(always)]
pub(crate) fn dot<T: Copy>(a: &[T], b: &[f32], number: impl Fn(T) -> f32) -> f32 {
    folded(products(a, b, number))
}

/// The lanes' partial sums of `a[i] * b[i]`.
#[inline(always)]
fn products<T: Copy>(a: &[T], b: &[f32], number: impl Fn(T) -> f32) -> Sums {
    let mut lanes = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += number(a[lane]) * b[lane];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += number(*a) * b;
    }
    lanes
}

/// The lanes' sum, as `gavel_kernels::num::fold`.
#[inline(always)]
pub(crate) fn folded(lanes: Lanes) -> f32 {
    let eight: [f32; 8] = core::array::from_fn(|lane| lanes[lane] + lanes[lane + 8]);
    let four: [f32; 4] = core::array::from_fn(|lane| eight[lane] + eight[lane + 4]);
    let two: [f32; 2] = core::array::from_fn(|lane| four[lane] + four[lane + 2]);
    two[0] + two[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_kernels::num::fold;

    #[test]
    fn lanes_fold_as_they_are_defined_to() {
        let lanes: Lanes = core::array::from_fn(|lane| (lane as f32 + 0.3) * 1e7);
        assert_eq!(folded(lanes).to_bits(), fold(lanes).to_bits());
    }
}
