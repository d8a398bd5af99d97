//! An instance's share of the matrices.

use super::WasmError;
use super::instance::{Instance, Place};
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
    /// Rows as in the file, shared out.
    Rows,
    /// As in the file, in the first instance.
    AsItIs,
}

impl Held {
    /// How the matrix of a linear node is held.
    pub(super) fn of(program: &Program, k: usize) -> Held {
        match described(program, k) {
            Some((p, _)) if layout(&p, p.rows as usize).is_some() => Held::Packed,
            Some((p, _)) => match p.format {
                WeightFormat::F32 => Held::Grouped,
                WeightFormat::F16 | WeightFormat::BF16 => Held::Rows,
                _ => Held::AsItIs,
            },
            None => Held::AsItIs,
        }
    }
}

/// A matrix's share.
struct Share {
    op: Linear,
    groups: Range<usize>,
    place: Place,
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
        let nodes = stages.flat_map(|stage| match stage {
            Stage::Linear { parts, .. } => &parts[..],
            _ => &[],
        });
        // Two nodes may have the same matrix.
        let mut known: HashMap<u32, Place> = HashMap::new();
        let mut shares = HashMap::new();
        for k in nodes.map(|part| part.node) {
            let Some((op, planes)) = described(program, k) else {
                continue;
            };
            if Held::of(program, k) == Held::AsItIs {
                continue;
            }
            let all = (op.rows as usize).div_ceil(GROUP);
            let groups = all * index / count..all * (index + 1) / count;
            let place = match known.get(&planes[0]) {
                Some(place) => *place,
                None => put(program, instance, &op, &planes, groups.clone())?,
            };
            known.insert(planes[0], place);
            shares.insert(k, Share { op, groups, place });
        }
        Ok(Matrices { shares })
    }

    /// The groups of a node's matrix that the instance has.
    pub(super) fn groups(&self, k: usize) -> Range<usize> {
        self.shares[&k].groups.clone()
    }

    /// Multiplies a node's share with vectors, into products that begin at `out`; gives the place after them.
    pub(super) fn multiply(
        &self,
        instance: &mut Instance,
        k: usize,
        x: Place,
        vectors: usize,
        out: Place,
    ) -> Result<Place, wasmtime::Error> {
        let share = &self.shares[&k];
        let (cols, groups) = (share.op.cols as usize, share.groups.len());
        let products = out.part(0, groups * vectors * GROUP);
        match share.op.format {
            WeightFormat::F32 => {
                instance.grouped(groups, cols, share.place, x, vectors, products)?
            }
            format @ (WeightFormat::F16 | WeightFormat::BF16) => {
                let rows = rows(&share.op, &share.groups).len();
                instance.rows(format, rows, cols, share.place, x, vectors, products)?;
            }
            format => {
                let rows = groups * GROUP;
                instance.packed(format, rows, cols, share.place, x, vectors, products)?;
            }
        }
        Ok(out.after(products.words))
    }
}

/// A linear node's parameters and the weights of its planes; `None` if it multiplies something else.
fn described(program: &Program, k: usize) -> Option<(Linear, Vec<u32>)> {
    let node = &program.nodes[k];
    let Op::Linear(p) = node.op else { return None };
    let planes = node.inputs()[1..].iter().map(|plane| match plane {
        Operand::Weight(index) => Some(*index),
        Operand::Slot(_) => None,
    });
    Some((p, planes.collect::<Option<_>>()?))
}

/// The rows of some groups.
fn rows(op: &Linear, groups: &Range<usize>) -> Range<usize> {
    groups.start * GROUP..(groups.end * GROUP).min(op.rows as usize)
}

fn layout(op: &Linear, rows: usize) -> Option<Layout> {
    Layout::new(op.format, rows, op.cols as usize).map(Layout::by_row)
}

/// Puts some groups of a matrix into an instance.
fn put(
    program: &Program,
    instance: &mut Instance,
    op: &Linear,
    planes: &[u32],
    groups: Range<usize>,
) -> Result<Place, WasmError> {
    let words =
        |plane: usize| -> &[u32] { (*program.weights[planes[plane] as usize].words).as_ref() };
    let cols = op.cols as usize;
    if let Some(all) = layout(op, op.rows as usize) {
        let place = instance.take(groups.len() * all.group_bytes() / 4);
        let out: &mut [u8] = cast_slice_mut(instance.words(place)?);
        let planes: Vec<&[u8]> = (0..planes.len())
            .map(|plane| cast_slice(words(plane)))
            .collect();
        for (group, out) in groups.zip(out.chunks_exact_mut(all.group_bytes())) {
            all.pack_group(group, &planes, out);
        }
        return Ok(place);
    }
    let rows = rows(op, &groups);
    if op.format != WeightFormat::F32 {
        // Two weights a word; a group has whole words.
        let own = rows.start * cols / 2..(rows.end * cols).div_ceil(2);
        let place = instance.take(own.len());
        instance.write(place, &words(0)[own])?;
        return Ok(place);
    }
    let place = instance.take(groups.len() * cols * GROUP);
    let columns = instance.words(place)?;
    for (at, row) in rows.enumerate() {
        let row = &words(0)[row * cols..][..cols];
        for (column, word) in row.iter().enumerate() {
            columns[(at / GROUP * cols + column) * GROUP + at % GROUP] = *word;
        }
    }
    Ok(place)
}
