//! The operators on rows in vectors, on the threads of the rayon pool in which they are called.

use crate::Call;
use crate::packed_store::Line;
use crate::scratch::check_thread;
use bytemuck::{Pod, cast_slice, cast_slice_mut};
use gavel_program::op::{LayerNorm, RowsAttention, RowsLinear};
use gavel_program::{Op, WeightFormat};
use gavel_simd::linear::rows::{BF16, F16, F32, Number, Rows, products, round};
use gavel_simd::{Level, rows, sequence};
use rayon::prelude::*;
use std::ops::Range;

/// Multiply-adds that are worth a second thread.
const WORTH: usize = 1 << 18;
/// Rows that are multiplied together.
const TOGETHER: usize = 4;
/// Multiply-adds that an exponential is worth.
const EXPONENTIAL: usize = 16;

/// Computes a call from its output's first element on; `false`, with `out` as it was, for an operator that has no fast path.
pub(crate) fn run(call: &Call<'_>, out: &mut [u32]) -> bool {
    if call.range.start != 0 {
        return false;
    }
    let out: &mut [f32] = cast_slice_mut(out);
    let input = |place: usize| -> &[f32] { cast_slice(call.inputs[place]) };
    match &call.node.op {
        Op::RowsLinear(p) => return linear(p, call, out),
        Op::RowsAdd(p) => each(call, [p.rows, p.dim], 1, out, |level, at, out| {
            sequence::add(level, &input(1)[at..], &input(2)[at..], out);
        }),
        Op::RowsGelu(p) => each(call, [p.rows, p.dim], EXPONENTIAL, out, |level, at, out| {
            sequence::gelu(level, &input(1)[at..], out);
        }),
        Op::LayerNorm(p) => norm(p, call, out),
        Op::RowsScores(p) => scores(p, call, out),
        Op::RowsSoftmax(p) => softmax(p, call, out),
        Op::RowsWeightedSum(p) if p.head_dim.is_multiple_of(16) => weighted_sum(p, call, out),
        _ => return false,
    }
    true
}

/// The number of rows that there are.
fn count(call: &Call<'_>, most: u32) -> usize {
    call.inputs[0][0].min(most) as usize
}

/// Calls `each(level, first, rows)` for runs of whole rows of those that there are, the first of which begins at element `first`. An
/// element is worth so many multiply-adds.
fn each(
    call: &Call<'_>,
    [rows, width]: [u32; 2],
    work: usize,
    out: &mut [f32],
    each: impl Fn(Level, usize, &mut [f32]) + Sync,
) {
    let (rows, width) = (count(call, rows), width as usize);
    if rows == 0 {
        return;
    }
    let out = &mut out[..rows * width];
    let threads = rayon::current_num_threads();
    let level = Level::best();
    if threads == 1 || rows <= TOGETHER || out.len() * work < WORTH {
        check_thread();
        each(level, 0, out);
        return;
    }
    let part = rows.div_ceil(threads).next_multiple_of(TOGETHER) * width;
    out.par_chunks_mut(part).enumerate().for_each(|(at, out)| {
        check_thread();
        each(level, at * part, out);
    });
}

/// Quantized weights have no fast path.
fn linear(p: &RowsLinear, call: &Call<'_>, out: &mut [f32]) -> bool {
    match p.format {
        WeightFormat::F32 => matrix::<F32>(p, call, out),
        WeightFormat::F16 => matrix::<F16>(p, call, out),
        WeightFormat::BF16 => matrix::<BF16>(p, call, out),
        _ => return false,
    }
    true
}

/// A matrix times the rows, its own rows shared among the threads: few texts have as many rows as would keep all busy, and so nobody reads
/// weights that another one reads too.
fn matrix<N: Number<Bits: Pod + Sync>>(p: &RowsLinear, call: &Call<'_>, out: &mut [f32]) {
    let (outputs, cols, rows) = (p.outputs as usize, p.cols as usize, count(call, p.rows));
    let x: &[f32] = &cast_slice(call.inputs[1])[..rows * cols];
    // Whole cache lines, binary32 too: a register that lies across two takes as long as both.
    let mut memory = vec![Line([0; 64]); size_of_val(x).div_ceil(size_of::<Line>())];
    round::<N>(Level::best(), x, cast_slice_mut(&mut memory));
    let x = Rows {
        numbers: cast_slice(&memory),
        stride: cols,
        count: rows,
    };
    let bias: &[f32] = &cast_slice(call.inputs[2])[..outputs];
    let weights: &[N::Bits] = &cast_slice(call.inputs[3])[..outputs * cols];
    let part = |outputs: Range<usize>, out: &mut [f32]| {
        check_thread();
        let weights = Rows {
            numbers: &weights[outputs.start * cols..],
            stride: cols,
            count: outputs.len(),
        };
        let level = Level::best();
        products::<N>(level, weights, x, cols, out, outputs.len());
        rows::add(level, &bias[outputs], out);
    };
    let out = &mut out[..rows * outputs];
    let threads = rayon::current_num_threads();
    if threads == 1 || out.len() * cols < WORTH {
        return part(0..outputs, out);
    }
    let width = outputs.div_ceil(threads).next_multiple_of(TOGETHER);
    let parts = (0..outputs.div_ceil(width)).into_par_iter().map(|at| {
        let outputs = at * width..outputs.min((at + 1) * width);
        let mut out = vec![0.0; rows * outputs.len()];
        part(outputs, &mut out);
        out
    });
    for (at, part) in parts.collect::<Vec<Vec<f32>>>().iter().enumerate() {
        let here = part.len() / rows;
        for (out, part) in out.chunks_exact_mut(outputs).zip(part.chunks_exact(here)) {
            out[at * width..][..here].copy_from_slice(part);
        }
    }
}

fn norm(p: &LayerNorm, call: &Call<'_>, out: &mut [f32]) {
    let dim = p.dim as usize;
    let [x, weight, bias] = [1, 2, 3].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    each(call, [p.rows, p.dim], 4, out, |level, at, out| {
        let x = &x[at..][..out.len()];
        sequence::layer_norm(level, x, &weight[..dim], bias, p.eps, out);
    });
}

/// Numbers of a row's scores.
fn width(p: &RowsAttention) -> u32 {
    p.heads * p.rows
}

fn scores(p: &RowsAttention, call: &Call<'_>, out: &mut [f32]) {
    let (head_dim, seen) = (p.head_dim as usize, count(call, p.rows));
    let stride = p.heads as usize * head_dim;
    let [q, k] = [1, 2].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    each(call, [p.rows, width(p)], head_dim, out, |level, at, out| {
        let first = at / width(p) as usize;
        let rows = out.len() / width(p) as usize;
        for head in 0..p.heads as usize {
            let part = |numbers, count| Rows {
                numbers: <[f32]>::split_at(numbers, head * head_dim).1,
                stride,
                count,
            };
            let out = &mut out[head * p.rows as usize..];
            let (q, k) = (part(&q[first * stride..], rows), part(k, seen));
            products::<F32>(level, k, q, head_dim, out, width(p) as usize);
        }
        for out in out.chunks_exact_mut(p.rows as usize) {
            sequence::scale(level, f32::from_bits(p.scale), &mut out[..seen]);
        }
    });
}

fn softmax(p: &RowsAttention, call: &Call<'_>, out: &mut [f32]) {
    let (rows, seen) = (p.rows as usize, count(call, p.rows));
    let x: &[f32] = cast_slice(call.inputs[1]);
    let work = EXPONENTIAL * seen / rows;
    each(call, [p.rows, width(p)], work, out, |level, at, out| {
        let scores = x[at..].chunks_exact(rows);
        for (out, x) in out.chunks_exact_mut(rows).zip(scores) {
            sequence::softmax(level, &x[..seen], &mut out[..seen]);
        }
    });
}

fn weighted_sum(p: &RowsAttention, call: &Call<'_>, out: &mut [f32]) {
    let (rows, head_dim, heads) = (p.rows as usize, p.head_dim as usize, p.heads as usize);
    let seen = count(call, p.rows);
    let [weights, values] = [1, 2].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    let stride = heads * head_dim;
    each(
        call,
        [p.rows, stride as u32],
        seen,
        out,
        |level, at, out| {
            for (place, out) in (at / head_dim..).zip(out.chunks_exact_mut(head_dim)) {
                let values = &values[place % heads * head_dim..];
                sequence::weighted_sum(
                    level,
                    &weights[place * rows..][..seen],
                    values,
                    stride,
                    out,
                );
            }
        },
    );
}
