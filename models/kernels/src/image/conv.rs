//! Convolution.

use super::axis::Axis;
use crate::num::{LANES, Lanes, fold, stored};
use crate::spans::for_each_row;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::op::Conv;

/// Windows of a row whose lanes are kept at a time.
const WIDTH: usize = 64;

/// `out[o, y, x]` = the lane sum of the products of kernel o with the window at (y, x), plus `bias[o]`. Element (c, i, j) of a kernel goes to
/// lane (c, i, j)'s place in the kernel mod 16; those outside the input are left out.
#[inline(never)]
pub(crate) fn conv(p: &Conv, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let kernels = Kernels::new(p, f32s(inputs[0]), f32s(inputs[1]));
    let bias = f32s(inputs[2]);
    let height = p.out_height as usize;
    for_each_row(range, p.out_width as usize, |row, columns, offset| {
        let (channel, y) = (row / height, row % height);
        let out = &mut out[offset..][..columns.len()];
        for (block, out) in out.chunks_mut(WIDTH).enumerate() {
            let first = columns.start + block * WIDTH;
            let mut lanes = [[0.0; WIDTH]; LANES];
            kernels.add(channel, y, first..first + out.len(), &mut lanes);
            for (at, word) in out.iter_mut().enumerate() {
                let lanes: Lanes = core::array::from_fn(|lane| lanes[lane][at]);
                *word = stored(fold(lanes) + bias[channel]);
            }
        }
    });
}

/// Kernels over an input.
struct Kernels<'a> {
    x: &'a [f32],
    weights: &'a [f32],
    rows: Axis,
    columns: Axis,
    /// Rows and columns of a kernel.
    size: [usize; 2],
    /// Channels that a kernel reads.
    depth: usize,
    /// Kernels of a group.
    of_group: usize,
}

impl<'a> Kernels<'a> {
    fn new(p: &Conv, x: &'a [f32], weights: &'a [f32]) -> Self {
        Kernels {
            x,
            weights,
            rows: Axis {
                len: p.height as usize,
                stride: p.stride_height as usize,
                dilation: p.dilation_height as usize,
                pad: p.pad_top as usize,
            },
            columns: Axis {
                len: p.width as usize,
                stride: p.stride_width as usize,
                dilation: p.dilation_width as usize,
                pad: p.pad_left as usize,
            },
            size: [p.kernel_height as usize, p.kernel_width as usize],
            depth: (p.channels / p.groups) as usize,
            of_group: (p.out_channels / p.groups) as usize,
        }
    }

    /// Adds the products of kernel `channel` with the windows `windows` of output row `y` to their lanes.
    fn add(
        &self,
        channel: usize,
        y: usize,
        windows: Range<usize>,
        lanes: &mut [[f32; WIDTH]; LANES],
    ) {
        let [height, width] = self.size;
        let taps = self.depth * height * width;
        let kernel = &self.weights[channel * taps..][..taps];
        let plane = self.rows.len * self.columns.len;
        let planes = &self.x[channel / self.of_group * self.depth * plane..][..self.depth * plane];
        for (line, weights) in kernel.chunks_exact(width).enumerate() {
            let (c, i) = (line / height, line % height);
            let Some(place) = self.rows.place(y, i) else {
                continue;
            };
            let row = &planes[c * plane + place * self.columns.len..][..self.columns.len];
            for (j, weight) in weights.iter().enumerate() {
                let inside = self.columns.windows(j, &windows);
                let Some(first) = self.columns.place(inside.start, j) else {
                    continue;
                };
                let sums = &mut lanes[(line * width + j) % LANES]
                    [inside.start - windows.start..inside.end - windows.start];
                add_products(*weight, &row[first..], self.columns.stride, sums);
            }
        }
    }
}

/// `sums[k] = sums[k] + weight * x[k * stride]`.
fn add_products(weight: f32, x: &[f32], stride: usize, sums: &mut [f32]) {
    if stride == 1 {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += weight * x;
        }
        return;
    }
    for (sum, x) in sums.iter_mut().zip(x.iter().step_by(stride)) {
        *sum += weight * x;
    }
}
