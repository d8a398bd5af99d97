//! Operators on the rows of a sequence: a whole text in one step. Each reads how many rows there are from its first input and leaves
//! those past them as they were, so that a short text costs little, to compute and to prove.

mod attention;
mod elementwise;
mod embed;
mod linear;
mod mean;
mod norm;

pub(crate) use attention::{rows_scores, rows_softmax, rows_weighted_sum};
pub(crate) use elementwise::{rows_add, rows_gelu};
pub(crate) use embed::rows_embed;
pub(crate) use linear::rows_linear;
pub(crate) use mean::{rows_mean, unit_norm};
pub(crate) use norm::layer_norm;

use crate::spans::for_each_row;
use core::ops::Range;
use gavel_program::Op;

/// The number of rows that there are: element 0 of the count, at most `most`.
fn count(count: &[u32], most: u32) -> usize {
    count[0].min(most) as usize
}

/// How many elements of its output an operator on rows that leaves others as they are may change; none for other operators.
pub(crate) fn live(op: &Op, inputs: &[&[u32]]) -> Option<usize> {
    let (rows, width) = match op {
        Op::RowsEmbed(p) => (p.rows, p.dim as usize),
        Op::RowsLinear(p) => (p.rows, p.outputs as usize),
        Op::RowsAdd(p) | Op::RowsGelu(p) => (p.rows, p.dim as usize),
        Op::LayerNorm(p) => (p.rows, p.dim as usize),
        Op::RowsScores(p) | Op::RowsSoftmax(p) => (p.rows, p.heads as usize * p.rows as usize),
        Op::RowsWeightedSum(p) => (p.rows, p.heads as usize * p.head_dim as usize),
        _ => return None,
    };
    Some(count(inputs[0], rows) * width)
}

/// The part of `range` that lies in the first `rows` rows of `width` elements.
fn within(range: &Range<usize>, rows: usize, width: usize) -> Range<usize> {
    range.start..range.end.min(rows * width).max(range.start)
}
