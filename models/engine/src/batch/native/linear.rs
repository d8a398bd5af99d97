//! Matrices times a batch of vectors.

use super::split::for_each_chunk_of;
use super::weights::Matrix;
use super::{Bench, WORTH};
use crate::Call;
use crate::batch::plan::{Buffer, Part};
use crate::scratch::with_scratch;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::run_range;
use gavel_program::Op;
use gavel_simd::linear::rows::{BF16, F16, F32, round, rows as by_rows};
use gavel_simd::linear::{Outputs, float, scatter_from};
use gavel_simd::{Activations, GROUP, Level, Packed, Quantizing, linear};
use std::mem::take;
use std::ops::Range;

/// A linear node of weights that have a fast path, for one vector; `false` for any other node.
pub(super) fn alone(native: &super::Native, call: &Call<'_>, out: &mut [u32]) -> bool {
    let program = &native.planned.program;
    let Op::Linear(p) = &program.nodes[call.index].op else {
        return false;
    };
    let Some(matrix) = native.weights.fast(program, call.index) else {
        return false;
    };
    let (level, cols, rows) = (native.level, p.cols as usize, p.rows as usize);
    let x: &[f32] = &cast_slice(call.inputs[0])[..cols];
    // The range begins on a tile, and a shard's rows do.
    let start = call.range.start - p.before as usize;
    let end = (call.range.end - p.before as usize).min(rows);
    let first = start / GROUP;
    let groups = first..end.div_ceil(GROUP);
    let mut outputs = vec![[0.0; GROUP]; groups.len()];
    let worth = groups.len() * GROUP * cols >= WORTH;
    let each = |multiply: &(dyn Fn(Range<usize>, &mut [Outputs]) + Sync),
                outputs: &mut [Outputs]| {
        for_each_chunk_of(outputs, 1, worth, &|at, outputs: &mut [Outputs]| {
            multiply(first + at..first + at + outputs.len(), outputs);
        });
    };
    if let Matrix::Packed(matrix) = matrix {
        let mut memory = vec![0; Activations::words(1, cols)];
        let x = Activations::quantize(level, x, cols, &mut memory);
        let multiply =
            |groups, outputs: &mut [Outputs]| linear(level, &matrix, groups, &x, outputs);
        each(&multiply, &mut outputs);
    } else {
        let mut memory = vec![0; cols];
        let x = met(level, &matrix, x, &mut memory);
        let multiply = |groups, outputs: &mut [Outputs]| {
            floats(level, &matrix, [rows, cols], groups, x, outputs)
        };
        each(&multiply, &mut outputs);
    }
    let products: &[u32] = cast_slice(outputs.as_flattened());
    let own = out.len().min(rows - start);
    out[..own].copy_from_slice(&products[..own]);
    true
}

/// Words of memory for vectors as matrices of any format meet them.
pub(super) fn words(vectors: usize, cols: usize) -> usize {
    Activations::words(vectors, cols.next_multiple_of(32)).max(vectors * cols)
}

/// Vectors as a matrix of floating-point weights meets them, in `memory`: where that begins a cache line whole registers of them do, which
/// counts where many vectors are met.
///
/// # Panics
/// If `memory` is shorter than they are.
pub(super) fn met<'a>(
    level: Level,
    matrix: &Matrix<'_>,
    x: &'a [f32],
    memory: &'a mut [u32],
) -> &'a [f32] {
    let memory = cast_slice_mut(memory);
    match matrix {
        Matrix::F16(_) => round::<F16>(level, x, memory),
        Matrix::BF16(_) => round::<BF16>(level, x, memory),
        _ => round::<F32>(level, x, memory),
    }
    &memory[..x.len()]
}

/// Some groups of a matrix `[rows, cols]` of floating-point weights times vectors, as it meets them.
///
/// # Panics
/// If it isn't such a matrix; all matrices of a stage have the same format.
pub(super) fn floats(
    level: Level,
    matrix: &Matrix<'_>,
    [rows, cols]: [usize; 2],
    groups: Range<usize>,
    x: &[f32],
    out: &mut [Outputs],
) {
    let (start, end) = (groups.start * GROUP, groups.end * GROUP);
    let own = start * cols..end.min(rows) * cols;
    match matrix {
        Matrix::Groups(weights) => {
            float::f32_groups(level, &weights[start * cols..end * cols], cols, x, out);
        }
        Matrix::F32(weights) => by_rows::<F32>(level, &weights[own], cols, x, out),
        Matrix::F16(weights) => by_rows::<F16>(level, &weights[own], cols, x, out),
        Matrix::BF16(weights) => by_rows::<BF16>(level, &weights[own], cols, x, out),
        Matrix::Packed(_) | Matrix::Defined => panic!("its weights are no floating-point numbers"),
    }
}

/// Groups of a matrix's rows.
pub(super) fn groups(part: &Part) -> usize {
    part.rows.div_ceil(GROUP)
}

impl Bench<'_> {
    pub(super) fn linear(&mut self, x: Buffer, cols: usize, parts: &[Part], vectors: usize) {
        let native = self.native;
        let program = &native.planned.program;
        let matrix = |part: &Part| native.weights.matrix(program, part.node);
        let is_as_defined = |part: &Part| matches!(matrix(part), Matrix::Defined);
        if parts.iter().any(is_as_defined) {
            return parts
                .iter()
                .for_each(|part| self.as_defined(x, cols, part, vectors));
        }
        let level = native.level;
        let x: &[f32] = &cast_slice(&self.buffers[x.0])[..vectors * cols];
        if let Matrix::Packed(_) = matrix(&parts[0]) {
            let x = quantize(level, x, cols, cast_slice_mut(&mut self.activations));
            let each = |part: &Part, groups: Range<usize>, out: &mut [Outputs]| {
                linear(level, &native.packed(part), groups, &x, out);
            };
            in_groups(parts, cols, vectors, &mut self.outputs, &each);
        } else {
            let x = met(
                level,
                &matrix(&parts[0]),
                x,
                cast_slice_mut(&mut self.activations),
            );
            let each = |part: &Part, groups: Range<usize>, out: &mut [Outputs]| {
                floats(level, &matrix(part), [part.rows, cols], groups, x, out);
            };
            in_groups(parts, cols, vectors, &mut self.outputs, &each);
        }
        self.scatter(parts, vectors);
    }

    /// Puts the outputs of all groups into the parts' buffers.
    fn scatter(&mut self, parts: &[Part], vectors: usize) {
        let mut base = 0;
        for part in parts {
            let own = &self.outputs[base * vectors..][..groups(part) * vectors];
            let out: &mut [f32] = cast_slice_mut(&mut self.buffers[part.out.0]);
            let width = self.native.planned.plan.widths[part.out.0];
            let first = part.first / GROUP;
            let worth = own.len() * GROUP >= WORTH;
            for_each_chunk_of(
                &mut out[..vectors * width],
                width,
                worth,
                &|vector, out: &mut [f32]| scatter_from(vector, own, vectors, first, width, out),
            );
            base += groups(part);
        }
    }

    /// A matrix without a fast path, row by row.
    fn as_defined(&mut self, x: Buffer, cols: usize, part: &Part, vectors: usize) {
        let native = self.native;
        let mut words = take(&mut self.buffers[part.out.0]);
        let x = &self.buffers[x.0][..vectors * cols];
        let node = &native.planned.program.nodes[part.node];
        let control = super::any_control();
        let worth = part.rows * cols >= WORTH;
        let width = self.width(part.out);
        for (x, out) in x.chunks_exact(cols).zip(words.chunks_exact_mut(width)) {
            let out = &mut out[part.first..][..part.rows];
            for_each_chunk_of(out, 1, worth, &|at, out| {
                let views = native.views(part.node, |_| x);
                let first = part.first + at;
                let range = first..first + out.len();
                let count = node.input_count;
                with_scratch(|scratch| {
                    run_range(node, &control, &views[..count], range, out, scratch);
                });
            });
        }
        self.buffers[part.out.0] = words;
    }
}

/// [`Activations::quantize`], on several threads if there are many vectors.
fn quantize<'a>(level: Level, x: &[f32], cols: usize, memory: &'a mut [u32]) -> Activations<'a> {
    fill(level, Quantizing::of(x, cols, memory));
    Activations::quantized(x.len() / cols, cols, memory)
}

fn fill(level: Level, vectors: Quantizing<'_>) {
    if vectors.vectors() < MANY_VECTORS || rayon::current_num_threads() == 1 {
        vectors.fill(level);
        return;
    }
    let (first, rest) = vectors.split();
    rayon::join(|| fill(level, first), || fill(level, rest));
}

/// From so many vectors on it is worth another thread to quantize them.
const MANY_VECTORS: usize = 16;

/// Matrices that read the same vectors: their groups are split over the threads as if they were one matrix. `each` computes some
/// groups of one of them.
fn in_groups(
    parts: &[Part],
    cols: usize,
    vectors: usize,
    outputs: &mut [Outputs],
    each: &(impl Fn(&Part, Range<usize>, &mut [Outputs]) + Sync),
) {
    let total: usize = parts.iter().map(groups).sum();
    let worth = total * GROUP * cols * vectors >= WORTH;
    let outputs = &mut outputs[..total * vectors];
    for_each_chunk_of(
        outputs,
        vectors,
        worth,
        &|first, outputs: &mut [Outputs]| {
            let mut outputs = outputs;
            let (mut at, end) = (first, first + outputs.len() / vectors);
            let mut base = 0;
            for part in parts {
                let next = base + groups(part);
                if at < next && at < end {
                    let here = at - base..end.min(next) - base;
                    let (own, rest) = outputs.split_at_mut(here.len() * vectors);
                    each(part, here, own);
                    outputs = rest;
                    at = end.min(next);
                }
                base = next;
            }
        },
    );
}

impl super::Native {
    /// The packed matrix of a part.
    ///
    /// # Panics
    /// If it isn't packed; all matrices of a stage have the same format.
    fn packed(&self, part: &Part) -> Packed<'_> {
        match self.weights.matrix(&self.planned.program, part.node) {
            Matrix::Packed(packed) => packed,
            _ => panic!("node {} has a matrix of another format", part.node),
        }
    }
}
