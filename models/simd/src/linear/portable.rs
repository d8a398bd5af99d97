//! Packed weights times vectors in plain code, for processors without a level of their own.

use super::Outputs;
use crate::Activations;
use crate::half;
use crate::pack::{BLOCK, CELL, GROUP, Group, Kind};

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        for vector in 0..tile.vectors {
            out[tile.first + vector] = row(kind, group, x, |block| tile.at(vector, block));
        }
    }
}

/// The rows of a group times one vector, whose blocks are at these indexes.
fn row(kind: Kind, group: Group<'_>, x: &Activations<'_>, at: impl Fn(usize) -> usize) -> Outputs {
    let mut out = [0.0; GROUP];
    let blocks = group
        .scales
        .iter()
        .zip(group.cells.chunks_exact(kind.cells()));
    for (block, (scales, cells)) in blocks.enumerate() {
        let at = at(block);
        let sums = match kind {
            Kind::Q8 => q8(cells, &x.quants[at], x.sums[at]),
            Kind::Q4 => q4(cells, &x.quants[at], x.sums[at]),
        };
        for lane in 0..GROUP {
            out[lane] += sums[lane] as f32 * (half::to_f32(scales[lane]) * x.scales[at]);
        }
    }
    out
}

/// Weights are stored plus 128.
fn q8(cells: &[[u8; CELL]], x: &[i8; BLOCK], sum: i32) -> [i32; GROUP] {
    let mut sums = [-128 * sum; GROUP];
    for (cell, x) in cells.iter().zip(x.as_chunks::<4>().0) {
        for (sum, quants) in sums.iter_mut().zip(cell.as_chunks::<4>().0) {
            for (quant, x) in quants.iter().zip(x) {
                *sum += i32::from(*quant) * i32::from(*x);
            }
        }
    }
    sums
}

/// Weights are stored plus 8.
fn q4(cells: &[[u8; CELL]], x: &[i8; BLOCK], sum: i32) -> [i32; GROUP] {
    let mut sums = [-8 * sum; GROUP];
    let (low, high) = x.split_at(BLOCK / 2);
    let x = low.as_chunks::<4>().0.iter().zip(high.as_chunks::<4>().0);
    for (cell, (low, high)) in cells.iter().zip(x) {
        for (sum, bytes) in sums.iter_mut().zip(cell.as_chunks::<4>().0) {
            for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
                *sum += i32::from(byte & 15) * i32::from(*low);
                *sum += i32::from(byte >> 4) * i32::from(*high);
            }
        }
    }
    sums
}
