//! The chosen experts' matrices times vectors: of one row each expert by itself; of many rows each expert with all vectors that are sent
//! to it, so that its matrix is read once.

use super::linear::floats;
use super::split::for_each_chunk_of;
use super::weights::Matrix;
use super::{Bench, WORTH};
use crate::batch::plan::Input;
use crate::scratch::check_thread;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::op::ExpertLinear;
use gavel_program::{Node, Op};
use gavel_simd::linear::Outputs;
use gavel_simd::{Activations, GROUP, Level, linear};
use rayon::prelude::*;
use std::ops::Range;

/// Words of memory for the vectors of a batch, each quantized by itself.
pub(super) fn words(node: &Node, rows: usize) -> usize {
    match &node.op {
        Op::ExpertLinear(p) => rows * p.used as usize * words_of_one(p),
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
        if rows > 1 {
            let sent = Sent::new(p, x, chosen);
            sent.multiply(level, &matrix, memory, cast_slice_mut(words));
            return true;
        }
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
            let vector = vector(p, place);
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

/// Groups that a thread takes at a time.
const TOGETHER: usize = 4;

/// The vectors of a batch by the expert that they are sent to.
struct Sent<'a> {
    p: &'a ExpertLinear,
    /// Places of the output, those of an expert together.
    places: Vec<usize>,
    /// Experts, and which of the places are theirs.
    runs: Vec<(usize, Range<usize>)>,
    /// The vectors in the order of the places.
    x: Vec<f32>,
}

impl<'a> Sent<'a> {
    fn new(p: &'a ExpertLinear, x: &[f32], chosen: &[u32]) -> Self {
        let mut places: Vec<usize> = (0..chosen.len()).collect();
        places.sort_by_key(|place| chosen[*place]);
        let cols = p.cols as usize;
        let mut gathered = Vec::with_capacity(places.len() * cols);
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, place) in places.iter().enumerate() {
            gathered.extend_from_slice(&x[vector(p, *place) * cols..][..cols]);
            let expert = chosen[*place] as usize;
            match runs.last_mut() {
                Some((last, run)) if *last == expert => run.end = at + 1,
                _ => runs.push((expert, at..at + 1)),
            }
        }
        Sent {
            p,
            places,
            runs,
            x: gathered,
        }
    }

    /// Each expert's matrix times its vectors.
    fn multiply(&self, level: Level, matrix: &Matrix<'_>, memory: &mut [u32], out: &mut [Outputs]) {
        let (p, cols) = (self.p, self.p.cols as usize);
        let (groups, words) = (p.rows as usize / GROUP, words_of_one(p));
        if let Matrix::Packed(_) = matrix {
            for (_, run) in &self.runs {
                let x = &self.x[run.start * cols..run.end * cols];
                let memory = &mut memory[run.start * words..run.end * words];
                Activations::quantize(level, x, cols, memory);
            }
        }
        let memory = &*memory;
        let mut outputs = vec![[0.0; GROUP]; out.len()];
        let mut rest = &mut outputs[..];
        let mut tasks = Vec::new();
        for (expert, run) in &self.runs {
            let (own, others) = rest.split_at_mut(run.len() * groups);
            rest = others;
            let parts = own.chunks_mut(TOGETHER * run.len()).enumerate();
            tasks.extend(parts.map(|(part, own)| (*expert, run, part * TOGETHER, own)));
        }
        tasks.into_par_iter().for_each(|(expert, run, first, out)| {
            check_thread();
            let first = expert * groups + first;
            let of_matrix = first..first + out.len() / run.len();
            match matrix {
                Matrix::Packed(matrix) => {
                    let memory = &memory[run.start * words..run.end * words];
                    let x = Activations::quantized(run.len(), cols, memory);
                    linear(level, matrix, of_matrix, &x, out);
                }
                matrix => {
                    let x = &self.x[run.start * cols..run.end * cols];
                    let all = (p.experts * p.rows) as usize;
                    floats(level, matrix, [all, cols], of_matrix, x, out);
                }
            }
        });
        self.scatter(&outputs, groups, out);
    }

    /// Puts what comes out, of each expert `[groups, vectors]`, into its places.
    fn scatter(&self, outputs: &[Outputs], groups: usize, out: &mut [Outputs]) {
        for (_, run) in &self.runs {
            let own = &outputs[run.start * groups..run.end * groups];
            for (group, own) in own.chunks_exact(run.len()).enumerate() {
                for (place, output) in self.places[run.clone()].iter().zip(own) {
                    out[place * groups + group] = *output;
                }
            }
        }
    }
}

/// The vector that a place of the output is made of.
fn vector(p: &ExpertLinear, place: usize) -> usize {
    match p.own {
        true => place,
        false => place / p.used as usize,
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
