//! The chosen experts' matrices times vectors.

use super::linear::floats;
use super::split::for_each_chunk_of;
use super::weights::Matrix;
use super::{Bench, WORTH};
use crate::batch::plan::Input;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::op::ExpertLinear;
use gavel_program::{Node, Op};
use gavel_simd::linear::Outputs;
use gavel_simd::{Activations, GROUP, linear};
use std::ops::Range;

/// Words of memory for the vectors of a batch, each quantized by itself.
pub(super) fn words(node: &Node, rows: usize) -> usize {
    match &node.op {
        Op::ExpertLinear(p) => rows * vectors(p) * words_of_one(p),
        _ => 0,
    }
}

/// Vectors of a row of the batch.
fn vectors(p: &ExpertLinear) -> usize {
    if p.own { p.used as usize } else { 1 }
}

fn words_of_one(p: &ExpertLinear) -> usize {
    Activations::words(1, (p.cols as usize).next_multiple_of(32))
}

impl Bench<'_> {
    /// The matrices of the experts that each row is sent to, where they are whole groups of rows that have a fast path; `false` for others,
    /// and for other operators.
    pub(super) fn experts(&mut self, k: usize, rows: usize, words: &mut [u32]) -> bool {
        let native = self.native;
        let Op::ExpertLinear(p) = &native.node(k).op else {
            return false;
        };
        let [Input::Row(x), Input::Row(chosen), ..] = native.planned.plan.inputs[k][..] else {
            return false;
        };
        let is_whole = (p.rows as usize).is_multiple_of(GROUP) && p.rows > 0;
        let matrix = native.weights.fast(&native.planned.program, k);
        let (Some(matrix), true) = (matrix, is_whole) else {
            return false;
        };
        let chosen = &self.buffers[chosen.0][..rows * p.used as usize];
        if chosen.iter().any(|expert| *expert >= p.experts) {
            return false;
        }
        let (level, cols) = (native.level, p.cols as usize);
        let x: &[f32] = &cast_slice(&self.buffers[x.0])[..rows * vectors(p) * cols];
        let memory = &mut self.activations[..];
        if let Matrix::Packed(_) = matrix {
            for (x, memory) in x
                .chunks_exact(cols)
                .zip(memory.chunks_exact_mut(words_of_one(p)))
            {
                Activations::quantize(level, x, cols, memory);
            }
        }
        let memory = &*memory;
        let each = |place: usize, groups: Range<usize>, out: &mut [Outputs]| {
            let vector = if p.own {
                place
            } else {
                place / p.used as usize
            };
            let first = chosen[place] as usize * (p.rows as usize / GROUP);
            let groups = first + groups.start..first + groups.end;
            match &matrix {
                Matrix::Packed(matrix) => {
                    let memory = &memory[vector * words_of_one(p)..];
                    let x = Activations::quantized(1, cols, memory);
                    linear(level, matrix, groups, &x, out);
                }
                matrix => {
                    let x = &x[vector * cols..][..cols];
                    let all = (p.experts * p.rows) as usize;
                    floats(level, matrix, [all, cols], groups, x, out);
                }
            }
        };
        let outputs: &mut [Outputs] = cast_slice_mut(words);
        let worth = outputs.len() * GROUP * cols >= WORTH;
        by_expert(outputs, p.rows as usize / GROUP, worth, &each);
        true
    }
}

/// Calls `each(place, groups, outputs)` for runs of groups within one expert's `groups`.
fn by_expert(
    outputs: &mut [Outputs],
    groups: usize,
    worth: bool,
    each: &(impl Fn(usize, Range<usize>, &mut [Outputs]) + Sync),
) {
    for_each_chunk_of(outputs, 1, worth, &|first, outputs: &mut [Outputs]| {
        let (mut at, mut outputs) = (first, outputs);
        while !outputs.is_empty() {
            let (place, start) = (at / groups, at % groups);
            let count = outputs.len().min(groups - start);
            let (own, rest) = outputs.split_at_mut(count);
            each(place, start..start + count, own);
            (at, outputs) = (at + count, rest);
        }
    });
}
