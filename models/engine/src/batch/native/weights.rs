//! Matrices as the native code reads them.

use crate::batch::plan::Stage;
use crate::batch::workshop::Planned;
use crate::packed_store::{InMemory, Line, PackedBytes, PackedStore, Wanted};
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::op::Linear;
use gavel_program::{Op, Operand, Program, WeightFormat};
use gavel_simd::{GROUP, Layout, Packed};
use rayon::prelude::*;
use std::collections::BTreeMap;

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
    /// As in the file.
    BF16(&'a [u16]),
    /// Of columns that are no whole blocks, or planes that aren't weights: as it is defined.
    Defined,
}

/// All matrices of a program.
pub(super) struct Weights {
    /// By the index of the first plane's weight.
    kept: Vec<Option<Kept>>,
}

/// What is kept of a matrix beside the file.
enum Kept {
    /// Rows interleaved.
    Packed(Layout, PackedBytes),
    /// Of each column sixteen rows together, for small matrices of binary32; a larger one would double the memory that it takes.
    Groups(Vec<Line>),
}

/// The form in which matrices are packed; another name whenever [`Layout`] lays them out in another way.
const FORM: &str = "sixteen rows, 2";

/// Bytes of a matrix of binary32 that is worth a second copy.
const SMALL: usize = 4 << 20;

impl Weights {
    /// Packs the matrices of all linear stages, or takes them from the store.
    pub(super) fn pack(planned: &Planned, store: &dyn PackedStore) -> Self {
        let program = &planned.program;
        let (mut packing, mut groups) = (BTreeMap::new(), BTreeMap::new());
        for k in linear_nodes(planned) {
            let (p, plane) = described(program, k);
            let (rows, cols) = (p.rows as usize, p.cols as usize);
            let is_plain = matches!(program.nodes[k].op, Op::Linear(_));
            if is_plain && p.format == WeightFormat::F32 && rows * cols * 4 <= SMALL {
                let words = (*program.weights[plane as usize].words).as_ref();
                groups
                    .entry(plane)
                    .or_insert_with(|| grouped(words, rows, cols));
            }
            if let Some((layout, planes)) = packable(program, k) {
                packing.insert(plane, Packing { layout, planes });
            }
        }
        let mut kept = Vec::new();
        kept.resize_with(program.weights.len(), || None);
        for (plane, lines) in groups {
            kept[plane as usize] = Some(Kept::Groups(lines));
        }
        for (plane, layout, bytes) in packed(program, packing, store) {
            kept[plane as usize] = Some(Kept::Packed(layout, bytes));
        }
        Weights { kept }
    }

    /// The matrix of linear node `k`, if that is weights with a fast path.
    pub(super) fn fast<'a>(&'a self, program: &'a Program, k: usize) -> Option<Matrix<'a>> {
        let node = &program.nodes[k];
        match node.inputs().get(first_plane(&node.op)) {
            Some(Operand::Weight(_)) => match self.matrix(program, k) {
                Matrix::Defined => None,
                matrix => Some(matrix),
            },
            _ => None,
        }
    }

    /// The matrix of linear node `k`.
    pub(super) fn matrix<'a>(&'a self, program: &'a Program, k: usize) -> Matrix<'a> {
        let (p, plane) = described(program, k);
        match &self.kept[plane as usize] {
            Some(Kept::Packed(layout, bytes)) => {
                return Matrix::Packed(Packed::new(*layout, (**bytes).as_ref()));
            }
            Some(Kept::Groups(lines)) => return Matrix::Groups(cast_slice(lines)),
            None => {}
        }
        let words: &[u32] = (*program.weights[plane as usize].words).as_ref();
        let elements = p.rows as usize * p.cols as usize;
        match p.format {
            WeightFormat::F32 => Matrix::F32(&cast_slice(words)[..elements]),
            WeightFormat::F16 => Matrix::F16(&cast_slice(words)[..elements]),
            WeightFormat::BF16 => Matrix::BF16(&cast_slice(words)[..elements]),
            _ => Matrix::Defined,
        }
    }
}

/// The nodes that multiply with matrices among the weights.
fn linear_nodes(planned: &Planned) -> impl Iterator<Item = usize> {
    let (plan, program) = (&planned.plan, &planned.program);
    let nodes = plan.body.iter().chain(&plan.head).flat_map(|stage| {
        let (parts, row) = match stage {
            Stage::Linear { parts, .. } => (&parts[..], None),
            Stage::Row { node, .. } => (&[][..], Some(*node)),
            _ => (&[][..], None),
        };
        parts.iter().map(|part| part.node).chain(row)
    });
    nodes.filter(|k| {
        let node = &program.nodes[*k];
        let plane = node.inputs().get(first_plane(&node.op));
        let multiplies = matches!(node.op, Op::Linear(_) | Op::ExpertLinear(_));
        multiplies && matches!(plane, Some(Operand::Weight(_)))
    })
}

/// Which of a node's inputs is the first plane of its matrix.
fn first_plane(op: &Op) -> usize {
    match op {
        Op::ExpertLinear(_) => 2,
        _ => 1,
    }
}

/// The matrix of a linear node, that of all experts one after the other, and the weight of its first plane.
///
/// # Panics
/// If it is none; a plan's linear stages name nodes of weights.
fn described(program: &Program, k: usize) -> (Linear, u32) {
    let node = &program.nodes[k];
    match (&node.op, node.inputs()[first_plane(&node.op)]) {
        (Op::Linear(p), Operand::Weight(plane)) => (*p, plane),
        (Op::ExpertLinear(p), Operand::Weight(plane)) => {
            let all = Linear::whole(p.experts * p.rows, p.cols, p.format);
            (all, plane)
        }
        _ => panic!("node {k} multiplies no weights"),
    }
}

/// The layout and planes of a node whose matrix has a packed form.
fn packable(program: &Program, k: usize) -> Option<(Layout, Vec<u32>)> {
    let (p, _) = described(program, k);
    let layout = Layout::new(p.format, p.rows as usize, p.cols as usize)?;
    let node = &program.nodes[k];
    let planes = node.inputs()[first_plane(&node.op)..]
        .iter()
        .map(|plane| match plane {
            Operand::Weight(plane) => Some(*plane),
            Operand::Slot(_) => None,
        });
    Some((layout, planes.collect::<Option<_>>()?))
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

/// A matrix that has a packed form, and the weights of its planes.
struct Packing {
    layout: Layout,
    planes: Vec<u32>,
}

impl Packing {
    fn planes<'a>(&self, program: &'a Program) -> Vec<&'a [u8]> {
        let bytes = |weight: &u32| cast_slice((*program.weights[*weight as usize].words).as_ref());
        self.planes.iter().map(bytes).collect()
    }

    /// Packs one group.
    fn group(&self, program: &Program, group: usize, bytes: &mut [u8]) {
        self.layout.pack_group(group, &self.planes(program), bytes);
    }

    /// Packs all groups, in parallel.
    fn all(&self, program: &Program, bytes: &mut [u8]) {
        let groups = bytes.par_chunks_exact_mut(self.layout.group_bytes());
        groups
            .enumerate()
            .for_each(|(group, bytes)| self.group(program, group, bytes));
    }

    /// Whether bytes from a store are of the form that is packed now: their first group is.
    fn is_form_of(&self, program: &Program, bytes: &[u8]) -> bool {
        let mut first = vec![Line([0; 64]); self.layout.group_bytes() / size_of::<Line>()];
        let first: &mut [u8] = cast_slice_mut(&mut first);
        self.group(program, 0, first);
        bytes.starts_with(first)
    }
}

/// The packed matrices by the weight of their first plane.
fn packed(
    program: &Program,
    packing: BTreeMap<u32, Packing>,
    store: &dyn PackedStore,
) -> Vec<(u32, Layout, PackedBytes)> {
    let all: Vec<&Packing> = packing.values().collect();
    let wanted: Vec<Wanted> = all
        .iter()
        .map(|packing| Wanted {
            name: program.weights[packing.planes[0] as usize].name.clone(),
            bytes: packing.layout.bytes(),
        })
        .collect();
    let pack = |index: usize, bytes: &mut [u8]| all[index].all(program, bytes);
    let mut made = store.matrices(FORM, &wanted, &pack);
    let is_right = |(packing, bytes): (&&Packing, &PackedBytes)| {
        let bytes = (**bytes).as_ref();
        bytes.len() >= packing.layout.bytes() && packing.is_form_of(program, bytes)
    };
    if made.len() != all.len() || !all.iter().zip(&made).all(is_right) {
        made = InMemory.matrices(FORM, &wanted, &pack);
    }
    let entry =
        |(packing, bytes): (&Packing, PackedBytes)| (packing.planes[0], packing.layout, bytes);
    packing.values().zip(made).map(entry).collect()
}
