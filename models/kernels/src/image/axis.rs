//! One side of an image under windows.

use core::ops::Range;

/// Where windows lie along one side: element `tap` of window `out` is at `out * stride + tap * dilation - pad`, if that is inside.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Elements of the side.
    pub(super) len: usize,
    /// From one window to the next, at least 1.
    pub(super) stride: usize,
    /// From one element of a window to the next.
    pub(super) dilation: usize,
    /// Elements of the first window before the side begins.
    pub(super) pad: usize,
}

impl Axis {
    /// The place of an element of a window; `None` outside.
    pub(super) fn place(&self, out: usize, tap: usize) -> Option<usize> {
        let place = (out * self.stride + tap * self.dilation).checked_sub(self.pad)?;
        (place < self.len).then_some(place)
    }

    /// The windows among `range` whose element `tap` is inside.
    pub(super) fn windows(&self, tap: usize, range: &Range<usize>) -> Range<usize> {
        let ahead = tap * self.dilation;
        let first = self.pad.saturating_sub(ahead).div_ceil(self.stride);
        let end = (self.len + self.pad)
            .saturating_sub(ahead)
            .div_ceil(self.stride);
        let start = first.max(range.start).min(range.end);
        start..end.min(range.end).max(start)
    }
}
