//! The operators on rows in vectors, on the threads of the rayon pool in which they are called.

use crate::Call;
use crate::scratch::check_thread;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::num::{bf16_to_f32, f16_to_f32};
use gavel_program::op::{LayerNorm, RowsAttention, RowsLinear};
use gavel_program::{Op, WeightFormat};
use gavel_simd::sequence::{self, Rows};
use gavel_simd::{Level, rows};
use rayon::prelude::*;
use std::borrow::Cow;

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
    let (outputs, cols) = (p.outputs as usize, p.cols as usize);
    let Some(weights) = numbers(p.format, call.inputs[3], outputs * cols) else {
        return false;
    };
    let x: &[f32] = cast_slice(call.inputs[1]);
    let bias: &[f32] = &cast_slice(call.inputs[2])[..outputs];
    let w = Rows {
        numbers: &weights,
        stride: cols,
        count: outputs,
    };
    each(call, [p.rows, p.outputs], cols, out, |level, at, out| {
        let x = Rows {
            numbers: &x[at / outputs * cols..],
            stride: cols,
            count: out.len() / outputs,
        };
        sequence::products(level, x, w, cols, out, outputs);
        rows::add(level, bias, out);
    });
    true
}

/// The numbers of unpacked weights.
fn numbers(format: WeightFormat, words: &[u32], elements: usize) -> Option<Cow<'_, [f32]>> {
    let halves = |number: fn(u16) -> f32| {
        let halves: &[u16] = cast_slice(words);
        halves[..elements]
            .iter()
            .map(|half| number(*half))
            .collect()
    };
    match format {
        WeightFormat::F32 => Some(Cow::Borrowed(&cast_slice(words)[..elements])),
        WeightFormat::F16 => Some(Cow::Owned(halves(f16_to_f32))),
        WeightFormat::BF16 => Some(Cow::Owned(halves(bf16_to_f32))),
        _ => None,
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
            sequence::products(level, q, k, head_dim, out, width(p) as usize);
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
