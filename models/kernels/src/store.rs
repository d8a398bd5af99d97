//! Rows of a cache.

use crate::num::canonical;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::StoreRow;

/// The elements of row `pos`, if the cache has it.
pub(crate) fn row(p: &StoreRow, control: &Control) -> Range<usize> {
    if control.position >= p.context {
        return 0..0;
    }
    let width = p.width as usize;
    let start = control.position as usize * width;
    start..start + width
}

/// `cache[pos, i] = x[i]`, for a range within [`row`].
#[inline(never)]
pub(crate) fn store_row(
    p: &StoreRow,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let start = row(p, control).start;
    let x = &inputs[0][range.start - start..range.end - start];
    for (word, x) in out.iter_mut().zip(x) {
        *word = canonical(*x);
    }
}
