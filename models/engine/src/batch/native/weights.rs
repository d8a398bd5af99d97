//! Matrices as the native code reads them.

use crate::batch::plan::Stage;
use crate::batch::workshop::Planned;
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};
use gavel_program::op::Linear;
use gavel_program::{Op, Operand, Program, WeightFormat};
use gavel_simd::{GROUP, Layout, Packed};
use rayon::prelude::*;
use std::collections::HashMap;

/// A cache line: what packed weights are aligned to.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Line([u8; 64]);

/// A matrix of a linear node.
pub(super) enum Matrix<'a> {
    /// Rows interleaved.
    Packed(Packed<'a>),
    /// Of each column sixteen rows together.
    Groups(&'a [f32]),
    /// As in the file.
    F32(&'a [f32]),
    /// As in the file.
    F16(&'a [u16]),
    /// Of a format that has no fast path.
    Defined,
}

/// All matrices of a program.
pub(super) struct Weights {
    /// By the index of the first plane's weight.
    packed: HashMap<u32, (Layout, Vec<Line>)>,
    /// The same for small matrices of binary32: larger ones are as fast as the memory as they are.
    groups: HashMap<u32, Vec<Line>>,
}

/// Bytes of a matrix of binary32 that is worth a second copy.
const SMALL: usize = 4 << 20;

impl Weights {
    /// Packs the matrices of all linear stages.
    pub(super) fn pack(planned: &Planned) -> Self {
        let program = &planned.program;
        let (mut packed, mut groups) = (HashMap::new(), HashMap::new());
        for k in linear_nodes(planned) {
            let (p, plane) = described(program, k);
            let (rows, cols) = (p.rows as usize, p.cols as usize);
            if p.format == WeightFormat::F32 && rows * cols * 4 <= SMALL {
                let words = (*program.weights[plane as usize].words).as_ref();
                groups
                    .entry(plane)
                    .or_insert_with(|| grouped(words, rows, cols));
            }
            let Some((layout, [quants, scales])) = packable(program, k) else {
                continue;
            };
            let words = |weight: u32| (*program.weights[weight as usize].words).as_ref();
            packed
                .entry(quants)
                .or_insert_with(|| (layout, lines(&layout, words(quants), words(scales))));
        }
        Weights { packed, groups }
    }

    /// The matrix of linear node `k`.
    pub(super) fn matrix<'a>(&'a self, program: &'a Program, k: usize) -> Matrix<'a> {
        let (p, plane) = described(program, k);
        if let Some((layout, lines)) = self.packed.get(&plane) {
            return Matrix::Packed(Packed::new(*layout, cast_slice(lines)));
        }
        if let Some(lines) = self.groups.get(&plane) {
            return Matrix::Groups(cast_slice(lines));
        }
        let words: &[u32] = (*program.weights[plane as usize].words).as_ref();
        let elements = p.rows as usize * p.cols as usize;
        match p.format {
            WeightFormat::F32 => Matrix::F32(&cast_slice(words)[..elements]),
            WeightFormat::F16 => Matrix::F16(&cast_slice(words)[..elements]),
            _ => Matrix::Defined,
        }
    }
}

fn linear_nodes(planned: &Planned) -> impl Iterator<Item = usize> {
    let plan = &planned.plan;
    plan.body.iter().chain(&plan.head).flat_map(|stage| {
        let parts = match stage {
            Stage::Linear { parts, .. } => &parts[..],
            _ => &[],
        };
        parts.iter().map(|part| part.node)
    })
}

/// The parameters of a linear node and the weight of its first plane.
///
/// # Panics
/// If it is none; a plan's linear stages name nodes of weights.
fn described(program: &Program, k: usize) -> (Linear, u32) {
    let node = &program.nodes[k];
    match (&node.op, node.inputs()[1]) {
        (Op::Linear(p), Operand::Weight(plane)) => (*p, plane),
        _ => panic!("node {k} multiplies no weights"),
    }
}

/// The layout and planes of a node whose matrix has a packed form.
fn packable(program: &Program, k: usize) -> Option<(Layout, [u32; 2])> {
    let (p, quants) = described(program, k);
    let layout = Layout::new(p.format, p.rows as usize, p.cols as usize)?;
    match program.nodes[k].inputs()[2] {
        Operand::Weight(scales) => Some((layout, [quants, scales])),
        Operand::Slot(_) => None,
    }
}

/// Rows in groups of sixteen, of each column its rows together; rows past the matrix are zero.
fn grouped(words: &[u32], rows: usize, cols: usize) -> Vec<Line> {
    let mut lines = vec![Line([0; 64]); rows.div_ceil(GROUP) * cols];
    let columns: &mut [[u32; GROUP]] = cast_slice_mut(&mut lines);
    for (row, words) in words.chunks_exact(cols).take(rows).enumerate() {
        for (column, word) in columns[row / GROUP * cols..].iter_mut().zip(words) {
            column[row % GROUP] = *word;
        }
    }
    lines
}

/// A packed matrix, its groups in parallel.
fn lines(layout: &Layout, quants: &[u32], scales: &[u32]) -> Vec<Line> {
    let mut lines = vec![Line([0; 64]); layout.bytes() / size_of::<Line>()];
    lines
        .par_chunks_exact_mut(layout.group_bytes() / size_of::<Line>())
        .enumerate()
        .for_each(|(group, lines)| {
            layout.pack_group(
                group,
                cast_slice(quants),
                cast_slice(scales),
                cast_slice_mut(lines),
            );
        });
    lines
}
