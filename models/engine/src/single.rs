//! The operators of one position in vectors, on slots as they lie, on the threads of the rayon pool in which they are called.

use crate::Call;
use crate::scratch::check_thread;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::{shape, touched};
use gavel_program::Op;
use gavel_program::op::{Pairing, Rope, Scores, Softmax, WeightedSum};
use gavel_simd::linear::rows::{F32, Rows, products};
use gavel_simd::{Level, rows, sequence};
use rayon::prelude::*;
use std::ops::Range;

/// Multiply-adds that are worth a second thread.
const WORTH: usize = 1 << 18;
/// Multiply-adds that an exponential is worth.
const EXPONENTIAL: usize = 16;

/// Computes a call of a node's whole output; `false`, with `out` as it was, for a part of it, and for an operator that has no fast path.
pub(crate) fn run(call: &Call<'_>, out: &mut [u32]) -> bool {
    let len = shape::output(&call.node.op).len as usize;
    let is_whole = call.range.start == 0 && call.range.end >= len;
    if !is_whole || touched(call.node, call.control).is_empty() {
        return false;
    }
    let level = Level::best();
    let out: &mut [f32] = cast_slice_mut(out);
    let Some(out) = out.get_mut(..len) else {
        return false;
    };
    check_thread();
    let input = |place: usize| -> &[f32] { cast_slice(call.inputs[place]) };
    match &call.node.op {
        Op::RmsNorm(p) => {
            let weight = &input(1)[..p.dim as usize];
            rows::rms_norm(level, &input(0)[..len], weight, p.eps, out);
        }
        Op::Rope(p) => rope(level, p, call, out),
        Op::Add(_) => sequence::add(level, &input(0)[..len], &input(1)[..len], out),
        Op::SwiGlu(_) => rows::swiglu(level, &input(0)[..len], &input(1)[..len], out),
        Op::ExpertSum(p) => {
            let (used, experts) = (p.used as usize, p.experts as usize);
            let (x, chosen) = (&input(0)[..used * len], &call.inputs[1][..used]);
            rows::expert_sum(level, x, chosen, &input(2)[..experts], out);
        }
        Op::Scores(p) => scores(level, p, call, out),
        Op::Softmax(p) => softmax(level, p, call, out),
        Op::WeightedSum(p) if p.head_dim.is_multiple_of(16) => weighted_sum(level, p, call, out),
        _ => return false,
    }
    true
}

/// The positions that are seen.
fn seen(call: &Call<'_>, window: u32) -> Range<usize> {
    let end = call.control.position as usize + 1;
    end.saturating_sub(window as usize)..end
}

/// Calls `each(index, chunk)` for the chunks of `out`, on several threads if they have so much work.
fn each_chunk(out: &mut [f32], chunk: usize, work: usize, each: impl Fn(usize, &mut [f32]) + Sync) {
    if work < WORTH || rayon::current_num_threads() == 1 {
        let chunks = out.chunks_exact_mut(chunk).enumerate();
        chunks.for_each(|(index, out)| each(index, out));
        return;
    }
    let chunks = out.par_chunks_exact_mut(chunk).enumerate();
    chunks.for_each(|(index, out)| {
        check_thread();
        each(index, out);
    });
}

fn rope(level: Level, p: &Rope, call: &Call<'_>, out: &mut [f32]) {
    let [x, table] = [0, 1].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    let rotary = p.rotary as usize;
    let turns = &table[call.control.position as usize * rotary..][..rotary];
    let neighbours = p.pairing == Pairing::Neighbours;
    let x = &x[..out.len()];
    rows::rope(level, x, p.head_dim as usize, neighbours, turns, out);
}

/// Key head by key head, with the query heads that share it.
fn scores(level: Level, p: &Scores, call: &Call<'_>, out: &mut [f32]) {
    let [q, keys] = [0, 1].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    let (head_dim, context) = (p.head_dim as usize, p.context as usize);
    let (group, seen) = ((p.heads / p.kv_heads) as usize, seen(call, p.window));
    let stride = p.kv_heads as usize * head_dim;
    let work = p.heads as usize * head_dim * seen.len();
    each_chunk(out, group * context, work, |head, out| {
        let queries = Rows {
            numbers: &q[head * group * head_dim..],
            stride: head_dim,
            count: group,
        };
        let keys = Rows {
            numbers: &keys[seen.start * stride + head * head_dim..],
            stride,
            count: seen.len(),
        };
        let first = &mut out[seen.start..];
        products::<F32>(level, keys, queries, head_dim, first, context);
        for out in out.chunks_exact_mut(context) {
            sequence::scale(level, f32::from_bits(p.scale), &mut out[seen.clone()]);
        }
    });
}

fn softmax(level: Level, p: &Softmax, call: &Call<'_>, out: &mut [f32]) {
    let scores: &[f32] = cast_slice(call.inputs[0]);
    let (context, seen) = (p.context as usize, seen(call, p.window));
    let work = p.heads as usize * EXPONENTIAL * seen.len();
    each_chunk(out, context, work, |head, out| {
        let scores = &scores[head * context..][seen.clone()];
        sequence::softmax(level, scores, &mut out[seen.clone()]);
    });
}

fn weighted_sum(level: Level, p: &WeightedSum, call: &Call<'_>, out: &mut [f32]) {
    let [weights, values] = [0, 1].map(|place| cast_slice::<u32, f32>(call.inputs[place]));
    let (head_dim, context) = (p.head_dim as usize, p.context as usize);
    let (group, seen) = ((p.heads / p.kv_heads) as usize, seen(call, p.window));
    let stride = p.kv_heads as usize * head_dim;
    let work = p.heads as usize * head_dim * seen.len();
    each_chunk(out, head_dim, work, |head, out| {
        let weights = &weights[head * context..][seen.clone()];
        let values = &values[seen.start * stride + head / group * head_dim..];
        sequence::weighted_sum(level, weights, values, stride, out);
    });
}
