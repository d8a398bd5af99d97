//! Mixtures of experts: which ones a token is sent to, their matrices, and their outputs together.

use crate::linear::rows_of;
use crate::matrix::Matrix;
use crate::num::{key, stored};
use crate::spans::for_each_row;
use crate::view::{f32s, f32s_mut};
use core::ops::Range;
use gavel_program::op::{ExpertLinear, ExpertSum, TopExperts};

/// `out[i]` = the expert with the i-th highest probability, of equal ones the first.
#[inline(never)]
pub(crate) fn top_experts(p: &TopExperts, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let probs = &f32s(inputs[0])[..p.experts as usize];
    let mut last = None;
    for place in 0..range.end {
        let chosen = next(probs, last);
        if place >= range.start {
            out[place - range.start] = chosen.1;
        }
        last = Some(chosen);
    }
}

/// The key and number of the expert that comes after another one, or first.
fn next(probs: &[f32], last: Option<(i32, u32)>) -> (i32, u32) {
    let mut best: Option<(i32, u32)> = None;
    for (expert, prob) in probs.iter().enumerate() {
        let (key, expert) = (key(*prob), expert as u32);
        let is_left = last.is_none_or(|last| key < last.0 || key == last.0 && expert > last.1);
        if is_left && best.is_none_or(|best| key > best.0) {
            best = Some((key, expert));
        }
    }
    // No more are asked for than there are.
    best.unwrap_or((i32::MIN, 0))
}

/// `out[e, r] = W[chosen[e], r] . x`, +0.0 for a number that is no expert's.
#[inline(never)]
pub(crate) fn expert_linear(
    p: &ExpertLinear,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let (rows, cols) = (p.rows as usize, p.cols as usize);
    let elements = p.experts as usize * rows * cols;
    let matrix = Matrix::new(p.format, &inputs[2..], elements);
    for_each_row(range, rows, |place, own_rows, offset| {
        let out = &mut out[offset..][..own_rows.len()];
        let expert = inputs[1][place];
        if expert >= p.experts {
            out.fill(0);
            return;
        }
        let at = if p.own { place * cols } else { 0 };
        let x = &f32s(inputs[0])[at..][..cols];
        let first = expert as usize * rows + own_rows.start;
        rows_of(&matrix, first, x, out, scratch);
    });
}

/// `out[i] = sum of x[e, i] * share[e]`, e by rising number.
#[inline(never)]
pub(crate) fn expert_sum(
    p: &ExpertSum,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let (used, dim) = (p.used as usize, p.dim as usize);
    let shares = &mut f32s_mut(scratch)[..used];
    shares_of(p, inputs, shares);
    let x = f32s(inputs[0]);
    for (word, i) in out.iter_mut().zip(range) {
        let mut total = 0.0;
        for (place, share) in shares.iter().enumerate() {
            total += x[place * dim + i] * share;
        }
        *word = stored(total);
    }
}

/// The chosen experts' parts of the sum of their probabilities; that of a number that is no expert's is +0.0.
fn shares_of(p: &ExpertSum, inputs: &[&[u32]], shares: &mut [f32]) {
    let probs = &f32s(inputs[2])[..p.experts as usize];
    let mut total = 0.0;
    for (share, expert) in shares.iter_mut().zip(inputs[1]) {
        *share = probs.get(*expert as usize).copied().unwrap_or(0.0);
        total += *share;
    }
    for share in shares {
        *share /= total;
    }
}
