//! Windows reduced to one number each.

use super::axis::Axis;
use crate::num::{from_key, key, stored, sum};
use crate::spans::for_each_row;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::{Pool, Reduction};

/// `out[c, y, x]` = the reduction of channel c's window at (y, x), over the elements that lie inside the channel.
#[inline(never)]
pub(crate) fn pool(p: &Pool, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let windows = Windows::new(p);
    let plane = p.height as usize * p.width as usize;
    let height = p.out_height as usize;
    for_each_row(range, p.out_width as usize, |row, columns, offset| {
        let (channel, y) = (row / height, row % height);
        let x = &f32s(inputs[0])[channel * plane..][..plane];
        for (word, column) in out[offset..].iter_mut().zip(columns) {
            *word = stored(windows.reduced(p.reduction, x, y, column));
        }
    });
}

/// Windows over a channel.
struct Windows {
    rows: Axis,
    columns: Axis,
    /// Rows and columns of a window.
    size: [usize; 2],
}

impl Windows {
    fn new(p: &Pool) -> Self {
        Windows {
            rows: Axis {
                len: p.height as usize,
                stride: p.stride_height as usize,
                dilation: 1,
                pad: p.pad_top as usize,
            },
            columns: Axis {
                len: p.width as usize,
                stride: p.stride_width as usize,
                dilation: 1,
                pad: p.pad_left as usize,
            },
            size: [p.kernel_height as usize, p.kernel_width as usize],
        }
    }

    /// The elements of the window at (y, column) that lie inside, by rising row and column.
    fn elements<'a>(
        &self,
        x: &'a [f32],
        y: usize,
        column: usize,
    ) -> impl Iterator<Item = f32> + use<'a> {
        let (rows, columns, [height, width]) = (self.rows, self.columns, self.size);
        let lines = (0..height).filter_map(move |i| rows.place(y, i));
        lines.flat_map(move |line| {
            let row = &x[line * columns.len..][..columns.len];
            (0..width).filter_map(move |j| columns.place(column, j).map(|at| row[at]))
        })
    }

    fn reduced(&self, reduction: Reduction, x: &[f32], y: usize, column: usize) -> f32 {
        let elements = self.elements(x, y, column);
        match reduction {
            Reduction::Largest => from_key(elements.map(key).fold(i32::MIN, i32::max)),
            Reduction::Mean => mean(elements),
            Reduction::PaddedMean => sum(elements) / (self.size[0] * self.size[1]) as i32 as f32,
        }
    }
}

/// The lane sum over the number of elements; NaN if there are none.
fn mean(elements: impl Iterator<Item = f32>) -> f32 {
    let mut count = 0;
    let total = sum(elements.inspect(|_| count += 1));
    total / count as f32
}
