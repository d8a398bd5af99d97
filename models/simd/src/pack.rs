//! Weights packed for the vector units: sixteen rows of a matrix interleaved, so that one register holds four columns of each, and
//! every row has a lane of its own.
//!
//! A group of rows is, in bytes: the scales, block after block, sixteen binary16 numbers each (one a row), zero-padded to 64; then the
//! quants, block after block. Of a block, cell j (64 bytes) holds bytes 4j..4j + 4 of each row's block in turn: for Q8 columns
//! 4j..4j + 4, each plus 128, so that quants are unsigned; for Q4 the nibbles as they are, columns 4j.. in the low and
//! 4j + 16.. in the high halves. Rows past the matrix are zero.

use gavel_program::WeightFormat;

/// Rows of a group.
pub const GROUP: usize = 16;
/// Columns of a block.
pub const BLOCK: usize = 32;
/// Bytes of a cell: four columns (Q8) of sixteen rows.
pub(crate) const CELL: usize = 4 * GROUP;
/// Alignment of everything in a packed matrix, in bytes.
pub const ALIGN: usize = 64;

/// The formats that have a packed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Q8,
    Q4,
}

impl Kind {
    /// Cells of a block.
    pub(crate) const fn cells(self) -> usize {
        match self {
            Kind::Q8 => 8,
            Kind::Q4 => 4,
        }
    }

    /// What is flipped in each byte: it makes signed bytes unsigned, by adding 128.
    const fn flip(self) -> u32 {
        match self {
            Kind::Q8 => 0x8080_8080,
            Kind::Q4 => 0,
        }
    }
}

/// Where things lie in a packed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) kind: Kind,
    rows: usize,
    blocks: usize,
}

impl Layout {
    /// The layout of a matrix `[rows, cols]`; `None` for formats without a packed form.
    pub fn new(format: WeightFormat, rows: usize, cols: usize) -> Option<Layout> {
        let kind = match format {
            WeightFormat::Q8 => Kind::Q8,
            WeightFormat::Q4 => Kind::Q4,
            _ => return None,
        };
        Some(Layout {
            kind,
            rows,
            blocks: cols / BLOCK,
        })
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.blocks * BLOCK
    }

    /// Blocks of a row.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Groups of rows.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(GROUP)
    }

    /// Bytes of a group's scales.
    pub(crate) fn scale_bytes(&self) -> usize {
        (self.blocks * GROUP * 2).next_multiple_of(ALIGN)
    }

    /// Bytes of a group.
    pub fn group_bytes(&self) -> usize {
        self.scale_bytes() + self.blocks * self.kind.cells() * CELL
    }

    /// Bytes of the packed matrix.
    pub fn bytes(&self) -> usize {
        self.groups() * self.group_bytes()
    }

    /// Packs group `group` of the planes (quants' bytes, scales) into `out`, [`Layout::group_bytes`] long.
    ///
    /// # Panics
    /// If a plane or `out` is shorter than the layout.
    pub fn pack_group(&self, group: usize, quants: &[u8], scales: &[u16], out: &mut [u8]) {
        out.fill(0);
        let (out_scales, out_quants) = out.split_at_mut(self.scale_bytes());
        let row_bytes = self.blocks * self.kind.cells() * 4;
        let out_scales: &mut [u16] = bytemuck::cast_slice_mut(out_scales);
        let cells = out_quants.as_chunks_mut::<CELL>().0;
        for lane in 0..GROUP.min(self.rows - group * GROUP) {
            let row = group * GROUP + lane;
            let row_scales = &scales[row * self.blocks..][..self.blocks];
            for (out, scale) in out_scales.chunks_exact_mut(GROUP).zip(row_scales) {
                out[lane] = *scale;
            }
            let row_quants = quants[row * row_bytes..][..row_bytes].as_chunks::<4>().0;
            for (cell, quants) in cells.iter_mut().zip(row_quants) {
                let word = u32::from_le_bytes(*quants) ^ self.kind.flip();
                cell[lane * 4..][..4].copy_from_slice(&word.to_le_bytes());
            }
        }
    }
}

/// A packed matrix.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    layout: Layout,
    bytes: &'a [u8],
}

/// The scales and quants of one group.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    /// Sixteen a block.
    pub(crate) scales: &'a [[u16; GROUP]],
    /// Of each block its cells.
    pub(crate) cells: &'a [[u8; CELL]],
}

impl<'a> Packed<'a> {
    /// A view of packed bytes.
    ///
    /// # Panics
    /// If there are fewer than the layout says, or they don't begin on a whole 16-bit unit.
    pub fn new(layout: Layout, bytes: &'a [u8]) -> Self {
        Packed {
            layout,
            bytes: &bytes[..layout.bytes()],
        }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn group(&self, group: usize) -> Group<'a> {
        let bytes = &self.bytes[group * self.layout.group_bytes()..][..self.layout.group_bytes()];
        let (scales, quants) = bytes.split_at(self.layout.scale_bytes());
        let scales: &[u16] = bytemuck::cast_slice(scales);
        Group {
            scales: &scales.as_chunks().0[..self.layout.blocks],
            cells: quants.as_chunks().0,
        }
    }
}
