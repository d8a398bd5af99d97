//! A tensor that holds one number.

use core::ops::Range;

/// Writes the elements `range` of a tensor with `count` in element 0 and zero elsewhere.
pub(super) fn put(count: u32, range: Range<usize>, out: &mut [u32]) {
    out.fill(0);
    if range.start == 0
        && let Some(first) = out.first_mut()
    {
        *first = count;
    }
}
