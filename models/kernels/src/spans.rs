//! Rows that a range of elements meets.

use core::ops::Range;

/// Calls `each(row, columns, offset)` for each row of a matrix with `width` columns that `range` meets: the columns are those of
/// the range within the row, the offset is where they begin in the range.
pub(crate) fn for_each_row(
    range: Range<usize>,
    width: usize,
    mut each: impl FnMut(usize, Range<usize>, usize),
) {
    let mut at = range.start;
    while at < range.end {
        let row = at / width;
        let start = row * width;
        let end = range.end.min(start + width);
        each(row, at - start..end - start, at - range.start);
        at = end;
    }
}
