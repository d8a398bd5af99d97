//! Weights packed for the vector units: sixteen rows of a matrix interleaved, so that one register holds four columns of each, and
//! every row has a lane of its own.
//!
//! A group of rows is, in bytes: its heads, zero-padded to 64, then its quants, block after block.
//!
//! A *head* is for one block or one super-block. It holds, sixteen numbers each (one a row): the scales, the minima where there are
//! any, and then, of each block of a super-block in turn, its small scales and small minima, or the small scales of its two halves.
//!
//! Of a block's quants a *cell* (64 bytes) holds four bytes of each row in turn. Bytes, each plus 128 so that they are unsigned: cell
//! j has columns 4j..4j + 4. Nibbles: cell j has columns 4j.. in the low and 16 + 4j.. in the high halves. Fifth bits: bit j of byte
//! k in a row's four is that of column 4j + k. Pairs of higher bits: two cells, for columns 0..16 and 16..32; the pair j from below
//! of byte k is that of column 4j + k. Rows past the matrix are zero.

pub(crate) mod form;
mod write;

use form::Kind;
use gavel_program::WeightFormat;

/// Rows of a group.
pub const GROUP: usize = 16;
/// Columns of a block.
pub const BLOCK: usize = 32;
/// Bytes of a cell: four columns (of bytes) of sixteen rows.
pub(crate) const CELL: usize = 4 * GROUP;
/// Alignment of everything in a packed matrix, in bytes.
pub const ALIGN: usize = 64;

/// Where things lie in a packed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) kind: Kind,
    rows: usize,
    blocks: usize,
}

impl Layout {
    /// The layout of a matrix `[rows, cols]`; `None` for formats without a packed form, and for columns that are no whole blocks.
    pub fn new(format: WeightFormat, rows: usize, cols: usize) -> Option<Layout> {
        let kind = Kind::of(format)?;
        let layout = Layout {
            kind,
            rows,
            blocks: cols / BLOCK,
        };
        cols.is_multiple_of(format.block() as usize)
            .then_some(layout)
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

    /// Bytes of a group's heads.
    pub(crate) fn head_bytes(&self) -> usize {
        let heads = self.blocks / self.kind.head_blocks();
        (heads * self.kind.head_bytes()).next_multiple_of(ALIGN)
    }

    /// Bytes of a group.
    pub fn group_bytes(&self) -> usize {
        self.head_bytes() + self.blocks * self.kind.quants().cells() * CELL
    }

    /// Bytes of the packed matrix.
    pub fn bytes(&self) -> usize {
        self.groups() * self.group_bytes()
    }
}

/// A packed matrix.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    layout: Layout,
    bytes: &'a [u8],
}

/// The heads and quants of one group.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    /// Blocks of a row.
    pub(crate) blocks: usize,
    /// Where [`Kind::head`] says.
    pub(crate) heads: &'a [u8],
    /// Of each block its cells.
    pub(crate) cells: &'a [[u8; CELL]],
}

/// Where the numbers of a block lie, in bytes: sixteen each, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// Scales, then minima: of 16 bits.
    pub(crate) scales: usize,
    /// The block's small numbers: bytes.
    pub(crate) small: usize,
}

impl Head {
    /// The minima, after the scales.
    pub(crate) const fn mins(self) -> usize {
        self.scales + 2 * GROUP
    }

    /// The second small numbers, after the first.
    pub(crate) const fn second(self) -> usize {
        self.small + GROUP
    }
}

impl<'a> Group<'a> {
    /// Sixteen 16-bit numbers of a head.
    #[cfg_attr(target_arch = "x86_64", allow(dead_code))] // levels of their own read registers
    pub(crate) fn halves(&self, at: usize) -> [u16; GROUP] {
        let bytes = self.heads[at..][..2 * GROUP].as_chunks::<2>().0;
        core::array::from_fn(|lane| u16::from_le_bytes(bytes[lane]))
    }

    /// Sixteen small numbers of a head.
    pub(crate) fn small(&self, at: usize) -> &'a [u8; GROUP] {
        self.heads[at..]
            .first_chunk()
            .expect("a group has the heads of its blocks")
    }
}

impl<'a> Packed<'a> {
    /// A view of packed bytes.
    ///
    /// # Panics
    /// If there are fewer than the layout says.
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
        let (heads, quants) = bytes.split_at(self.layout.head_bytes());
        Group {
            blocks: self.layout.blocks,
            heads,
            cells: quants.as_chunks().0,
        }
    }
}
