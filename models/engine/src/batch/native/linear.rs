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
use gavel_simd::linear::{Outputs, float, scatter};
use gavel_simd::{Activations, GROUP, Packed, linear};
use std::mem::take;
use std::ops::Range;

/// A linear node of a packed matrix, for one vector; `false` for any other node.
pub(super) fn alone(native: &super::Native, call: &Call<'_>, out: &mut [u32]) -> bool {
    let program = &native.planned.program;
    let Op::Linear(p) = &program.nodes[call.index].op else {
        return false;
    };
    if !native.weights.knows(program, call.index) {
        return false;
    }
    let Matrix::Packed(matrix) = native.weights.matrix(program, call.index) else {
        return false;
    };
    let (level, cols) = (native.level, p.cols as usize);
    let mut memory = vec![0; Activations::words(1, cols)];
    let x = Activations::quantize(
        level,
        &cast_slice(call.inputs[0])[..cols],
        cols,
        &mut memory,
    );
    let first = call.range.start / GROUP;
    let groups = first..call.range.end.min(p.rows as usize).div_ceil(GROUP);
    let mut outputs = vec![[0.0; GROUP]; groups.len()];
    let worth = groups.len() * GROUP * cols >= WORTH;
    for_each_chunk_of(&mut outputs, 1, worth, &|at, outputs: &mut [Outputs]| {
        let groups = first + at..first + at + outputs.len();
        linear(level, &matrix, groups, &x, outputs);
    });
    let products: &[u32] = cast_slice(outputs.as_flattened());
    let own = out.len().min(p.rows as usize - call.range.start);
    out[..own].copy_from_slice(&products[..own]);
    true
}

/// Groups of a matrix's rows.
pub(super) fn groups(part: &Part) -> usize {
    part.rows.div_ceil(GROUP)
}

impl Bench<'_> {
    pub(super) fn linear(&mut self, x: Buffer, cols: usize, parts: &[Part], vectors: usize) {
        let native = self.native;
        let program = &native.planned.program;
        match native.weights.matrix(program, parts[0].node) {
            Matrix::Packed(_) => {
                let x: &[f32] = &cast_slice(&self.buffers[x.0])[..vectors * cols];
                let x = Activations::quantize(native.level, x, cols, &mut self.activations);
                let each = |part: &Part, groups: Range<usize>, out: &mut [Outputs]| {
                    linear(native.level, &native.packed(part), groups, &x, out);
                };
                in_groups(parts, cols, vectors, &mut self.outputs, &each);
                self.scatter(parts, vectors);
            }
            Matrix::Groups(_) if parts.iter().all(|part| native.groups(part).is_some()) => {
                let x: &[f32] = &cast_slice(&self.buffers[x.0])[..vectors * cols];
                let each = |part: &Part, groups: Range<usize>, out: &mut [Outputs]| {
                    let weights = native.groups(part).unwrap_or(&[]);
                    let one = cols * GROUP;
                    let weights = &weights[groups.start * one..groups.end * one];
                    float::f32_groups(native.level, weights, cols, x, out);
                };
                in_groups(parts, cols, vectors, &mut self.outputs, &each);
                self.scatter(parts, vectors);
            }
            _ => {
                for part in parts {
                    let matrix = native.weights.matrix(program, part.node);
                    self.plain(&matrix, x, cols, part, vectors);
                }
            }
        }
    }

    /// Puts the outputs of all groups into the parts' buffers.
    fn scatter(&mut self, parts: &[Part], vectors: usize) {
        let mut base = 0;
        for part in parts {
            let own = &self.outputs[base * vectors..][..groups(part) * vectors];
            let out: &mut [f32] = cast_slice_mut(&mut self.buffers[part.out.0]);
            scatter(own, vectors, 0, part.rows, &mut out[..vectors * part.rows]);
            base += groups(part);
        }
    }

    /// A matrix whose rows lie as in the file.
    fn plain(&mut self, matrix: &Matrix<'_>, x: Buffer, cols: usize, part: &Part, vectors: usize) {
        let (native, level) = (self.native, self.native.level);
        let mut words = take(&mut self.buffers[part.out.0]);
        let x = &self.buffers[x.0][..vectors * cols];
        let node = &native.planned.program.nodes[part.node];
        let control = super::any_control();
        let worth = part.rows * cols >= WORTH;
        for (x, out) in x.chunks_exact(cols).zip(words.chunks_exact_mut(part.rows)) {
            match matrix {
                Matrix::F32(weights) => for_each_chunk_of(out, 1, worth, &|first, out| {
                    let weights = &weights[first * cols..][..out.len() * cols];
                    let stride = out.len();
                    float::f32_rows(
                        level,
                        weights,
                        cols,
                        cast_slice(x),
                        stride,
                        cast_slice_mut(out),
                    );
                }),
                Matrix::F16(weights) => for_each_chunk_of(out, 1, worth, &|first, out| {
                    let weights = &weights[first * cols..][..out.len() * cols];
                    let stride = out.len();
                    float::f16_rows(
                        level,
                        weights,
                        cols,
                        cast_slice(x),
                        stride,
                        cast_slice_mut(out),
                    );
                }),
                _ => for_each_chunk_of(out, 1, worth, &|first, out| {
                    let views = native.views(part.node, |_| x);
                    let range = first..first + out.len();
                    let count = node.input_count;
                    with_scratch(|scratch| {
                        run_range(node, &control, &views[..count], range, out, scratch);
                    });
                }),
            }
        }
        self.buffers[part.out.0] = words;
    }
}

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
    /// The grouped matrix of a part, if it has one.
    fn groups(&self, part: &Part) -> Option<&[f32]> {
        match self.weights.matrix(&self.planned.program, part.node) {
            Matrix::Groups(groups) => Some(groups),
            _ => None,
        }
    }

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
