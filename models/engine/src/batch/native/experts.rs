//! The chosen experts' matrices times vectors: of one row each expert by itself; of many rows each expert with all vectors that are sent
//! to it, so that its matrix is read once.

use super::linear::{self, floats, met};
use super::split::{for_each_chunk, for_each_chunk_of};
use super::weights::Matrix;
use super::{Bench, WORTH};
use crate::Call;
use crate::batch::plan::{Buffer, Input};
use crate::batch::sent::{Run, Sent};
use crate::scratch::check_thread;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::op::ExpertLinear;
use gavel_program::{Node, Op};
use gavel_simd::linear::Outputs;
use gavel_simd::{Activations, GROUP, Level, linear as packed, rows};
use rayon::prelude::*;
use std::ops::Range;

/// Words of memory for the vectors of a batch, each as the matrices meet it.
pub(super) fn words(node: &Node, rows: usize) -> usize {
    match &node.op {
        Op::ExpertLinear(p) => rows * p.used as usize * words_of_one(p),
        _ => 0,
    }
}

fn words_of_one(p: &ExpertLinear) -> usize {
    linear::words(1, p.cols as usize)
}

/// A node of experts of weights that have a fast path, for one row and its whole output; `false`, with `out` as it was, for any other node.
pub(super) fn alone(native: &super::Native, call: &Call<'_>, out: &mut [u32]) -> bool {
    let Some(experts) = Experts::of(native, call.index) else {
        return false;
    };
    let used = experts.p.used as usize;
    let words = used * experts.p.rows as usize;
    if call.range.start != 0 || out.len() < words {
        return false;
    }
    let mut memory = vec![0; self::words(call.node, 1)];
    let (x, chosen) = (cast_slice(call.inputs[0]), &call.inputs[1][..used]);
    experts.multiply_one(x, chosen, &mut memory, cast_slice_mut(&mut out[..words]));
    true
}

impl Bench<'_> {
    /// The matrices of the experts that each row is sent to, where they are whole groups of rows that have a fast path; `false` for others,
    /// and for other operators.
    pub(super) fn experts(
        &mut self,
        k: usize,
        out: Buffer,
        rows: usize,
        words: &mut [u32],
    ) -> bool {
        let Some(experts) = Experts::of(self.native, k) else {
            return false;
        };
        let [Input::Row(x), Input::Row(chosen), ..] = self.native.planned.plan.inputs[k][..] else {
            return false;
        };
        if [x, chosen].contains(&out) {
            return false;
        }
        let chosen = &self.buffers[chosen.0][..rows * experts.p.used as usize];
        let x = cast_slice(&self.buffers[x.0]);
        let (memory, out) = (cast_slice_mut(&mut self.activations), cast_slice_mut(words));
        match rows {
            1 => experts.multiply_one(x, chosen, memory, out),
            _ => experts.multiply(x, chosen, memory, out),
        }
        true
    }
}

impl Bench<'_> {
    /// The outputs of each row's experts summed by their shares; `false` for other operators.
    pub(super) fn expert_sum(&self, k: usize, out: Buffer, words: &mut [u32]) -> bool {
        let native = self.native;
        let Op::ExpertSum(p) = &native.node(k).op else {
            return false;
        };
        let [Input::Row(x), Input::Row(chosen), Input::Row(probs)] =
            native.planned.plan.inputs[k][..]
        else {
            return false;
        };
        if [x, chosen, probs].contains(&out) {
            return false;
        }
        let [used, dim] = [p.used, p.dim].map(|size| size as usize);
        let worth = p.used as usize * words.len() >= WORTH;
        for_each_chunk(words, dim, worth, &|row, out: &mut [u32]| {
            let part = |buffer: Buffer| self.row_of(Input::Row(buffer), row);
            let x = &cast_slice(part(x))[..used * dim];
            let probs = &cast_slice(part(probs))[..p.experts as usize];
            rows::expert_sum(
                native.level,
                x,
                &part(chosen)[..used],
                probs,
                cast_slice_mut(out),
            );
        });
        true
    }
}

/// The experts of a node.
struct Experts<'a> {
    p: ExpertLinear,
    matrix: Matrix<'a>,
    level: Level,
}

impl<'a> Experts<'a> {
    /// Those that are whole groups of rows and have a fast path.
    fn of(native: &'a super::Native, k: usize) -> Option<Self> {
        let Op::ExpertLinear(p) = native.node(k).op else {
            return None;
        };
        let is_whole = (p.rows as usize).is_multiple_of(GROUP) && p.rows > 0;
        let matrix = native.weights.fast(&native.planned.program, k);
        Some(Experts {
            p,
            matrix: matrix.filter(|_| is_whole)?,
            level: native.level,
        })
    }

    /// Groups of one expert's rows.
    fn groups(&self) -> usize {
        self.p.rows as usize / GROUP
    }

    /// Puts vectors into `memory` as the matrices meet them.
    fn prepare(&self, x: &[u32], memory: &mut [u32]) {
        let (x, level) = (cast_slice(x), self.level);
        match &self.matrix {
            Matrix::Packed(_) => {
                Activations::quantize(level, x, self.p.cols as usize, memory);
            }
            matrix => {
                met(level, matrix, x, memory);
            }
        }
    }

    /// Groups of an expert's rows times vectors, which `memory` holds as the matrix meets them.
    fn product(&self, expert: usize, groups: Range<usize>, memory: &[u32], out: &mut [Outputs]) {
        let (cols, first) = (self.p.cols as usize, expert * self.groups());
        let vectors = out.len() / groups.len();
        let groups = first + groups.start..first + groups.end;
        match &self.matrix {
            Matrix::Packed(matrix) => {
                let x = Activations::quantized(vectors, cols, memory);
                packed(self.level, matrix, groups, &x, out);
            }
            matrix => {
                let x = &cast_slice(memory)[..vectors * cols];
                let all = (self.p.experts * self.p.rows) as usize;
                floats(self.level, matrix, [all, cols], groups, x, out);
            }
        }
    }

    /// The experts of one row: its vectors are quantized once.
    fn multiply_one(&self, x: &[u32], chosen: &[u32], memory: &mut [u32], out: &mut [Outputs]) {
        let (p, cols, words) = (&self.p, self.p.cols as usize, words_of_one(&self.p));
        let vectors = if p.own { chosen.len() } else { 1 };
        let x = x[..vectors * cols].chunks_exact(cols);
        for (x, memory) in x.zip(memory.chunks_exact_mut(words)) {
            self.prepare(x, memory);
        }
        let memory = &*memory;
        let worth = out.len() * GROUP * cols >= WORTH;
        by_expert(out, self.groups(), worth, &|place, groups, out| {
            if chosen[place] >= p.experts {
                out.fill([0.0; GROUP]);
                return;
            }
            let vector = if p.own { place } else { 0 };
            let x = &memory[vector * words..];
            self.product(chosen[place] as usize, groups, x, out);
        });
    }

    /// Each expert's matrix times the vectors that are sent to it.
    fn multiply(&self, x: &[u32], chosen: &[u32], memory: &mut [u32], out: &mut [Outputs]) {
        let sent = Sent::new(&self.p, chosen);
        let (cols, groups, words) = (self.p.cols as usize, self.groups(), words_of_one(&self.p));
        let mut gathered = Vec::with_capacity(sent.count() * cols);
        for place in sent.runs().flat_map(|run| run.places) {
            gathered.extend_from_slice(&x[sent.vector(*place) * cols..][..cols]);
        }
        let part = |run: &Run<'_>, width: usize| {
            run.before * width..(run.before + run.places.len()) * width
        };
        for run in sent.runs() {
            self.prepare(&gathered[part(&run, cols)], &mut memory[part(&run, words)]);
        }
        let memory = &*memory;
        let mut outputs = vec![[0.0; GROUP]; sent.count() * groups];
        let mut rest = &mut outputs[..];
        let mut tasks = Vec::new();
        for run in sent.runs() {
            let (own, others) = rest.split_at_mut(run.places.len() * groups);
            rest = others;
            let parts = own.chunks_mut(TOGETHER * run.places.len()).enumerate();
            tasks.extend(parts.map(|(part, own)| (run, part * TOGETHER, own)));
        }
        tasks.into_par_iter().for_each(|(run, first, out)| {
            check_thread();
            let groups = first..first + out.len() / run.places.len();
            self.product(run.expert, groups, &memory[part(&run, words)], out);
        });
        if sent.count() < chosen.len() {
            out.fill([0.0; GROUP]);
        }
        scatter(&sent, &outputs, groups, out);
    }
}

/// Groups that a thread takes at a time.
const TOGETHER: usize = 4;

/// Puts what comes out, of each expert `[groups, vectors]`, into its places.
fn scatter(sent: &Sent, outputs: &[Outputs], groups: usize, out: &mut [Outputs]) {
    for run in sent.runs() {
        let vectors = run.places.len();
        let own = &outputs[run.before * groups..][..vectors * groups];
        for (group, own) in own.chunks_exact(vectors).enumerate() {
            for (place, output) in run.places.iter().zip(own) {
                out[place * groups + group] = *output;
            }
        }
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
