//! Shapes: their elements, windows over their last two dimensions, broadcasting.

use super::call::Call;
use super::{OnnxError, value};
use crate::ImportError;

/// Most elements: what a window of memory holds.
const MOST_ELEMENTS: u32 = 1 << 26;

/// Elements of a shape.
pub(super) fn product(dims: &[u32]) -> Result<u32, OnnxError> {
    let times = |count: u32, dim: &u32| count.checked_mul(*dim);
    match dims.iter().try_fold(1u32, times) {
        Some(count) if count <= MOST_ELEMENTS => Ok(count),
        _ => Err(value(
            "a tensor",
            "a shape of",
            &format!("{dims:?}"),
            "at most 2^26 elements",
        )),
    }
}

/// An axis from a number that counts from the end where it is negative; `None` outside the shape. `past` allows the place after the last.
pub(super) fn axis(axis: i64, rank: usize, past: bool) -> Option<usize> {
    let counted = match axis {
        0.. => axis,
        _ => axis + rank as i64,
    };
    let most = rank + usize::from(past);
    usize::try_from(counted).ok().filter(|axis| *axis < most)
}

/// The shape that two broadcast to, aligned at their last dimensions.
pub(super) fn broadcast(a: &[u32], b: &[u32]) -> Option<Vec<u32>> {
    let rank = a.len().max(b.len());
    let dim = |dims: &[u32], at: usize| match (at + dims.len()).checked_sub(rank) {
        Some(place) => dims[place],
        None => 1,
    };
    (0..rank)
        .map(|at| match (dim(a, at), dim(b, at)) {
            (one, other) if one == other => Some(one),
            (1, other) => Some(other),
            (one, 1) => Some(one),
            _ => None,
        })
        .collect()
}

/// Elements of shape `from`, repeated to fill `to`, which `from` broadcasts to.
pub(super) fn spread(elements: &[u32], from: &[u32], to: &[u32]) -> Vec<u32> {
    let skipped = to.len() - from.len();
    let len = to.iter().map(|dim| *dim as usize).product();
    (0..len)
        .map(|at| {
            let (mut rest, mut place, mut stride) = (at, 0, 1);
            for axis in (0..to.len()).rev() {
                let index = rest % to[axis] as usize;
                rest /= to[axis] as usize;
                if axis >= skipped && from[axis - skipped] != 1 {
                    place += index * stride;
                    stride *= from[axis - skipped] as usize;
                }
            }
            elements[place]
        })
        .collect()
}

/// The sides of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) channels: u32,
    pub(super) rows_columns: [u32; 2],
    /// Whether it has columns alone.
    pub(super) is_line: bool,
}

impl Sides {
    /// The shape of so many channels of rows and columns.
    pub(super) fn dims(&self, channels: u32, [rows, columns]: [u32; 2]) -> Vec<u32> {
        match self.is_line {
            true => vec![1, channels, columns],
            false => vec![1, channels, rows, columns],
        }
    }
}

/// Windows over rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) kernel: [u32; 2],
    pub(super) stride: [u32; 2],
    pub(super) dilation: [u32; 2],
    /// Above and left.
    pub(super) before: [u32; 2],
    /// Rows and columns of windows.
    pub(super) out: [u32; 2],
}

/// Names of the attributes that [`Windows`] are made of.
pub(super) const WINDOWS: [&str; 5] = ["auto_pad", "dilations", "kernel_shape", "pads", "strides"];

impl Windows {
    /// The windows that a node's attributes tell over `sides`; `kernel` where the weights tell it.
    pub(super) fn read(
        call: &Call<'_, '_>,
        kernel: Option<[u32; 2]>,
        sides: &Sides,
    ) -> Result<Self, ImportError> {
        let is_line = sides.is_line;
        let told = call.pair("kernel_shape", is_line)?;
        let kernel = match (kernel, told) {
            (Some(kernel), Some(told)) if kernel != told => {
                let expected = format!("{kernel:?} as its weights have");
                return Err(call.refused("kernel_shape", format!("{told:?}"), &expected));
            }
            (Some(kernel), _) | (None, Some(kernel)) => kernel,
            (None, None) => return Err(call.lacks("kernel_shape")),
        };
        let stride = call.pair("strides", is_line)?.unwrap_or([1, 1]);
        let dilation = call.pair("dilations", is_line)?.unwrap_or([1, 1]);
        let mut windows = Windows {
            kernel,
            stride,
            dilation,
            before: [0, 0],
            out: [0, 0],
        };
        for (what, numbers) in [
            ("kernel_shape", kernel),
            ("strides", stride),
            ("dilations", dilation),
        ] {
            if numbers.contains(&0) || numbers.iter().any(|number| *number > 1 << 12) {
                return Err(call.refused(what, format!("{numbers:?}"), "1 to 4096"));
            }
        }
        for (side, len) in sides.rows_columns.into_iter().enumerate() {
            // Nothing lies above or below a line.
            let pads = match (is_line, side) {
                (true, 0) => [0, 0],
                _ => windows.pads(call, is_line, side, len)?,
            };
            windows.before[side] = pads[0];
            windows.out[side] = windows.count(call, side, len, pads)?;
        }
        Ok(windows)
    }

    /// Rows or columns that a window reaches over.
    fn reach(&self, side: usize) -> u32 {
        self.dilation[side] * (self.kernel[side] - 1) + 1
    }

    /// Pads before and after.
    fn pads(
        &self,
        call: &Call<'_, '_>,
        is_line: bool,
        side: usize,
        len: u32,
    ) -> Result<[u32; 2], ImportError> {
        let auto = call.text("auto_pad")?.unwrap_or("NOTSET");
        let pads = call.ints("pads")?;
        match auto {
            "NOTSET" => {}
            "VALID" => return Ok([0, 0]),
            "SAME_UPPER" | "SAME_LOWER" => {
                let windows = len.div_ceil(self.stride[side]).max(1);
                let needed = (windows - 1) * self.stride[side] + self.reach(side);
                let all = needed.saturating_sub(len);
                let less = all / 2;
                return Ok(match auto {
                    "SAME_UPPER" => [less, all - less],
                    _ => [all - less, less],
                });
            }
            other => {
                let expected = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                return Err(call.refused("auto_pad", other.into(), expected));
            }
        }
        let wrong = || {
            let expected = match is_line {
                true => "two numbers, 0 to 4096",
                false => "four numbers, 0 to 4096",
            };
            call.refused("pads", format!("{pads:?}"), expected)
        };
        let pair = match (pads.as_deref(), is_line) {
            (None, _) => return Ok([0, 0]),
            (Some([before, after]), true) => [*before, *after],
            (Some(four @ [_, _, _, _]), false) => [four[side], four[side + 2]],
            (Some(_), _) => return Err(wrong()),
        };
        let pad = |pad: i64| u32::try_from(pad).ok().filter(|pad| *pad <= 1 << 12);
        match pair.map(pad) {
            [Some(before), Some(after)] => Ok([before, after]),
            _ => Err(wrong()),
        }
    }

    /// How many windows there are along a side.
    fn count(
        &self,
        call: &Call<'_, '_>,
        side: usize,
        len: u32,
        pads: [u32; 2],
    ) -> Result<u32, ImportError> {
        let padded = len.saturating_add(pads[0]).saturating_add(pads[1]);
        let Some(last) = padded.checked_sub(self.reach(side)) else {
            let expected = format!("at most {padded}, the input with its pads");
            let got = self.reach(side).to_string();
            return Err(call.refused("a kernel that reaches over", got, &expected));
        };
        if call.int("ceil_mode", 0)? != 0 && !last.is_multiple_of(self.stride[side]) {
            let expected = "0, or windows that fill the input";
            return Err(call.refused("ceil_mode", "1".into(), expected));
        }
        Ok(last / self.stride[side] + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_broadcast_from_their_ends() {
        assert_eq!(broadcast(&[1, 3, 2], &[2]), Some(vec![1, 3, 2]));
        assert_eq!(broadcast(&[3, 1], &[1, 4]), Some(vec![3, 4]));
        assert_eq!(broadcast(&[], &[5]), Some(vec![5]));
        assert_eq!(broadcast(&[3], &[4]), None);
        assert_eq!(spread(&[7, 8], &[2, 1], &[1, 2, 3]), [7, 7, 7, 8, 8, 8]);
        assert_eq!(spread(&[7, 8], &[2], &[2, 2]), [7, 8, 7, 8]);
        assert_eq!(spread(&[9], &[], &[3]), [9, 9, 9]);
    }

    #[test]
    fn axes_count_from_either_end() {
        assert_eq!([axis(1, 3, false), axis(-1, 3, false)], [Some(1), Some(2)]);
        assert_eq!(
            [axis(3, 3, false), axis(3, 3, true), axis(-4, 3, true)],
            [None, Some(3), None]
        );
        assert_eq!(axis(i64::MIN, 3, true), None);
    }
}
