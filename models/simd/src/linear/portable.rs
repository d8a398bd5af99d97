//! Packed weights times vectors in plain code, for processors without a level of their own.

use super::Outputs;
use crate::Activations;
use crate::pack::form::{CODEBOOK, Form, Kind, Quants, Scaling, with_form};
use crate::pack::{BLOCK, CELL, GROUP, Group};

/// Four columns of sixteen rows as unsigned bytes.
type Cell = [u8; CELL];

/// The rows of a group times all vectors.
pub(super) fn group(kind: Kind, group: Group<'_>, x: &Activations<'_>, out: &mut [Outputs]) {
    for tile in x.tiles() {
        for vector in 0..tile.vectors {
            let at = |block| tile.at(vector, block);
            out[tile.first + vector] = with_form!(kind, F => row::<F>(group, x, at));
        }
    }
}

/// The rows of a group times one vector, whose blocks are at these indexes.
fn row<F: Form>(group: Group<'_>, x: &Activations<'_>, at: impl Fn(usize) -> usize) -> Outputs {
    let mut out = [0.0; GROUP];
    for block in 0..group.blocks {
        let at = at(block);
        let sums = sums::<F>(&group, block, x, at);
        let numbers = numbers::<F>(group, block, sums);
        let head = F::KIND.head(group.order, block);
        let scales = group.numbers(head.scales);
        let mins = mins::<F>(group, block);
        for lane in 0..GROUP {
            let mut term = numbers[lane] * (scales[lane] * x.scales[at]);
            if F::SCALING.has_min() {
                term += mins[lane] * x.weighted[at];
            }
            out[lane] += term;
        }
    }
    out
}

/// The integer sums of a block's two halves.
fn sums<F: Form>(
    group: &Group<'_>,
    block: usize,
    x: &Activations<'_>,
    at: usize,
) -> [[i32; GROUP]; 2] {
    let starts = if F::SCALING == Scaling::Halved {
        x.half_starts[at]
    } else {
        [x.starts[at] * F::KIND.eights_added(), 0]
    };
    let mut sums = starts.map(|start| [start; GROUP]);
    let (low, high) = x.quants[at].split_at(BLOCK / 2);
    let x = low.as_chunks::<4>().0.iter().zip(high.as_chunks::<4>().0);
    for (j, (low, high)) in x.enumerate() {
        let weights = pair::<F>(|cell| group.cell::<F>(block, cell), j);
        add(&mut sums[0], &weights[0], low);
        add(&mut sums[1], &weights[1], high);
    }
    sums
}

/// Adds the products with four columns of a vector.
fn add(sums: &mut [i32; GROUP], weights: &Cell, x: &[i8; 4]) {
    for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<4>().0) {
        for (weight, x) in weights.iter().zip(x) {
            *sum += i32::from(*weight) * i32::from(*x);
        }
    }
}

/// Columns 4j.. and 16 + 4j.. of a block.
fn pair<F: Form>(cell: impl Fn(usize) -> Cell, j: usize) -> [Cell; 2] {
    let bytes = cell(j);
    let nibbles = [bytes.map(|byte| byte & 15), bytes.map(|byte| byte >> 4)];
    match F::QUANTS {
        Quants::Bytes => [bytes, cell(j + 4)],
        Quants::Nibbles => nibbles,
        Quants::Named => nibbles.map(|cell| cell.map(|name| CODEBOOK[usize::from(name)])),
        Quants::Fives => {
            let bits = cell(4);
            [
                joined(&nibbles[0], &bits, |bits| (bits >> j & 1) << 4),
                joined(&nibbles[1], &bits, |bits| (bits >> (j + 4) & 1) << 4),
            ]
        }
        Quants::Sixes => {
            let high = |pairs: u8| (pairs >> (2 * j) & 3) << 4;
            [
                joined(&nibbles[0], &cell(4), high),
                joined(&nibbles[1], &cell(5), high),
            ]
        }
    }
}

/// Nibbles with their higher bits.
fn joined(nibbles: &Cell, cell: &Cell, high: impl Fn(u8) -> u8) -> Cell {
    core::array::from_fn(|at| nibbles[at] | high(cell[at]))
}

/// The sums times the block's small scales. Integers become numbers of 24 bits or fewer, so only a product can be rounded, and only
/// once, as the integer itself would be.
fn numbers<F: Form>(group: Group<'_>, block: usize, sums: [[i32; GROUP]; 2]) -> Outputs {
    let [one, other] = sums;
    let head = F::KIND.head(group.order, block);
    let whole = |lane: usize| (one[lane] + other[lane]) as f32;
    match F::SCALING {
        Scaling::Scaled | Scaling::Offset => core::array::from_fn(whole),
        Scaling::Nested => {
            let small = group.small(head.small);
            core::array::from_fn(|lane| f32::from(small[lane]) * whole(lane))
        }
        Scaling::Halved => {
            let small = [head.small, head.second()].map(|at| group.small(at));
            let [first, second] = small.map(|small| small.map(|scale| f32::from(scale as i8)));
            core::array::from_fn(|lane| {
                first[lane] * one[lane] as f32 + second[lane] * other[lane] as f32
            })
        }
    }
}

/// What a block adds for each unit of a vector's block: exact, for a minimum has 11 bits and a small one 8.
fn mins<F: Form>(group: Group<'_>, block: usize) -> Outputs {
    let head = F::KIND.head(group.order, block);
    match F::SCALING {
        Scaling::Scaled | Scaling::Halved => [0.0; GROUP],
        Scaling::Offset => group.numbers(head.mins),
        Scaling::Nested => {
            let mins = group.numbers(head.mins);
            let small = group.small(head.second());
            core::array::from_fn(|lane| -(mins[lane] * f32::from(small[lane])))
        }
    }
}
