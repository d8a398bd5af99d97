//! An instance's share of the matrices.

use super::WasmError;
use super::instance::Instance;
use super::memory::{ALIGN, Place};
use crate::batch::plan::Stage;
use crate::batch::workshop::Planned;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::op::Linear;
use gavel_program::{Op, Operand, Program, WeightFormat};
use gavel_simd::{GROUP, Layout};
use std::{collections::HashMap, ops::Range};

/// How a matrix lies in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Rows interleaved, shared out.
    Packed,
    /// Of each column sixteen rows together, shared out.
    Grouped,
    /// Rows of 16-bit floating-point weights as in the file, shared out.
    Rows(WeightFormat),
    /// As in the file, in the first instance.
    AsItIs,
}

impl Held {
    /// How the matrices of a node are held.
    pub(super) fn of(program: &Program, k: usize) -> Held {
        match Described::of(program, k) {
            Some(described) if layout(&described.op).is_some() => Held::Packed,
            Some(described) => match described.op.format {
                WeightFormat::F32 => Held::Grouped,
                format @ (WeightFormat::F16 | WeightFormat::BF16) => Held::Rows(format),
                _ => Held::AsItIs,
            },
            None => Held::AsItIs,
        }
    }
}

/// A share of a node's matrices: the same rows of each.
struct Share {
    op: Linear,
    groups: Range<usize>,
    /// One matrix's part after the other.
    place: Place,
    /// Words of such a part.
    words: usize,
}

/// An instance's share of all matrices.
pub(super) struct Matrices {
    /// By node.
    shares: HashMap<usize, Share>,
}

impl Matrices {
    /// Puts share `index` of `count` of every matrix into an instance.
    ///
    /// # Errors
    /// When the instance has no memory for it.
    pub(super) fn new(
        planned: &Planned,
        instance: &mut Instance,
        index: usize,
        count: usize,
    ) -> Result<Self, WasmError> {
        let program = &planned.program;
        let stages = planned.plan.body.iter().chain(&planned.plan.head);
        // Two nodes may have the same matrices.
        let mut known: Vec<(Described, Place)> = Vec::new();
        let mut shares = HashMap::new();
        for k in stages.flat_map(nodes) {
            let Some(described) = Described::of(program, k) else {
                continue;
            };
            if Held::of(program, k) == Held::AsItIs {
                continue;
            }
            let op = described.op;
            let all = (op.rows as usize).div_ceil(GROUP);
            let groups = all * index / count..all * (index + 1) / count;
            let words = part_words(&op, &groups);
            let place = match known.iter().find(|(known, _)| *known == described) {
                Some((_, place)) => *place,
                None => {
                    let place = described.put(program, instance, groups.clone())?;
                    known.push((described, place));
                    place
                }
            };
            let share = Share {
                op,
                groups,
                place,
                words,
            };
            shares.insert(k, share);
        }
        Ok(Matrices { shares })
    }

    /// The groups of each of a node's matrices that the instance has.
    pub(super) fn groups(&self, k: usize) -> Range<usize> {
        self.shares[&k].groups.clone()
    }

    /// Multiplies the share of a node's `which`-th matrix with vectors, into products that begin at `out`; gives the place after them.
    pub(super) fn multiply(
        &self,
        instance: &mut Instance,
        [k, which]: [usize; 2],
        x: Place,
        vectors: usize,
        out: Place,
    ) -> Result<Place, wasmtime::Error> {
        let share = &self.shares[&k];
        let (cols, groups) = (share.op.cols as usize, share.groups.len());
        let matrix = share.place.part(which * share.words, share.words);
        let products = out.part(0, groups * vectors * GROUP);
        match share.op.format {
            WeightFormat::F32 => instance.grouped(groups, cols, matrix, x, vectors, products)?,
            format @ (WeightFormat::F16 | WeightFormat::BF16) => {
                let rows = rows(&share.op, &share.groups).len();
                instance.rows(format, rows, cols, matrix, x, vectors, products)?;
            }
            format => {
                let rows = groups * GROUP;
                instance.packed(format, rows, cols, matrix, x, vectors, products)?;
            }
        }
        Ok(out.after(products.words))
    }
}

/// The nodes of a stage that may multiply matrices.
fn nodes(stage: &Stage) -> Vec<usize> {
    match stage {
        Stage::Linear { parts, .. } => parts.iter().map(|part| part.node).collect(),
        Stage::Row { node, .. } => vec![*node],
        _ => Vec::new(),
    }
}

/// The matrices that a node multiplies, one after the other in the weights of their planes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Described {
    /// Each of them.
    op: Linear,
    /// How many there are.
    count: usize,
    /// The weights.
    planes: Vec<u32>,
}

impl Described {
    /// Those of a linear node, or of a node of experts; `None` for others, and where something else than weights is multiplied.
    fn of(program: &Program, k: usize) -> Option<Self> {
        let node = &program.nodes[k];
        let inputs = node.inputs();
        let (op, count, first) = match node.op {
            Op::Linear(p) => (p, 1, 1),
            Op::ExpertLinear(p) if inputs[..2].iter().all(is_slot) => {
                let one = Linear::whole(p.rows, p.cols, p.format);
                (one, p.experts as usize, 2)
            }
            _ => return None,
        };
        let planes = inputs[first..].iter().map(|plane| match plane {
            Operand::Weight(index) => Some(*index),
            Operand::Slot(_) => None,
        });
        Some(Described {
            op,
            count,
            planes: planes.collect::<Option<_>>()?,
        })
    }

    /// The bytes of a matrix's planes.
    fn planes<'a>(&self, program: &'a Program, which: usize) -> Vec<&'a [u8]> {
        let elements = self.op.rows as usize * self.op.cols as usize;
        let layouts = self.op.format.planes().iter().zip(&self.planes);
        let planes = layouts.map(|(layout, weight)| {
            let bytes = layout.dtype.bytes(elements / layout.columns as usize);
            let all: &[u8] = cast_slice((*program.weights[*weight as usize].words).as_ref());
            &all[which * bytes..][..bytes]
        });
        planes.collect()
    }

    /// Puts some groups of each matrix into an instance.
    fn put(
        &self,
        program: &Program,
        instance: &mut Instance,
        groups: Range<usize>,
    ) -> Result<Place, WasmError> {
        let words = part_words(&self.op, &groups);
        let place = instance.memory.take(self.count * words);
        for which in 0..self.count {
            let planes = self.planes(program, which);
            let part = instance.memory.words(place.part(which * words, words))?;
            fill(&self.op, groups.clone(), &planes, part);
        }
        Ok(place)
    }
}

fn is_slot(operand: &Operand) -> bool {
    matches!(operand, Operand::Slot(_))
}

/// The rows of some groups.
fn rows(op: &Linear, groups: &Range<usize>) -> Range<usize> {
    groups.start * GROUP..(groups.end * GROUP).min(op.rows as usize)
}

fn layout(op: &Linear) -> Option<Layout> {
    Layout::new(op.format, op.rows as usize, op.cols as usize).map(Layout::short)
}

/// Words that some groups of a matrix take, with what keeps the next matrix aligned.
fn part_words(op: &Linear, groups: &Range<usize>) -> usize {
    let (cols, words) = (op.cols as usize, size_of::<u32>());
    let own = match (layout(op), op.format) {
        (Some(all), _) => groups.len() * all.group_bytes() / words,
        (None, WeightFormat::F32) => groups.len() * cols * GROUP,
        _ => (rows(op, groups).len() * cols).div_ceil(2),
    };
    own.next_multiple_of(ALIGN)
}

/// Fills a part with some groups of a matrix.
fn fill(op: &Linear, groups: Range<usize>, planes: &[&[u8]], part: &mut [u32]) {
    let cols = op.cols as usize;
    if let Some(all) = layout(op) {
        let out: &mut [u8] = cast_slice_mut(part);
        for (group, out) in groups.zip(out.chunks_exact_mut(all.group_bytes())) {
            all.pack_group(group, planes, out);
        }
        return;
    }
    let rows = rows(op, &groups);
    if op.format != WeightFormat::F32 {
        let own = &planes[0][rows.start * cols * 2..rows.end * cols * 2];
        cast_slice_mut::<u32, u8>(part)[..own.len()].copy_from_slice(own);
        return;
    }
    let matrix: &[u32] = cast_slice(planes[0]);
    for (at, row) in rows.enumerate() {
        let row = &matrix[row * cols..][..cols];
        for (column, word) in row.iter().enumerate() {
            part[(at / GROUP * cols + column) * GROUP + at % GROUP] = *word;
        }
    }
}
