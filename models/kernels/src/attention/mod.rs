//! Grouped-query attention over the positions that are seen, in three operators, each small enough for the machine.

mod scores;
mod softmax;
mod weighted;

pub(crate) use scores::scores;
pub(crate) use softmax::softmax;
pub(crate) use weighted::{sum_rows_of, weighted_sum};

use core::ops::Range;
use gavel_program::Control;

/// The positions that are seen: the last `window` up to the control's, or all of them.
fn seen(control: &Control, window: u32) -> Range<usize> {
    let end = control.position as usize + 1;
    end.saturating_sub(window as usize)..end
}

/// The part of `columns` that is seen, and how far it begins in them.
fn seen_of(columns: &Range<usize>, seen: &Range<usize>) -> (Range<usize>, usize) {
    let start = columns.start.max(seen.start).min(columns.end);
    let end = columns.end.min(seen.end).max(start);
    (start..end, start - columns.start)
}
