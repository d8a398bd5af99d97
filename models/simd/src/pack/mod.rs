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
//!
//! For vectors of 128 bits ([`Layout::short`]) scales and minima are binary32 numbers. Where weights have eight bits the bytes of a row's
//! block lie together instead, one row after the other; where they have fewer, of the four cells of nibbles: of two rows the first eight
//! bytes of one, then those of the other, then their other eight bytes, and then the next two rows.

pub(crate) mod form;
mod write;

use crate::half;
use form::{Form, Kind, Quants};
use gavel_program::WeightFormat;

/// Rows of a group.
pub const GROUP: usize = 16;
/// Columns of a block.
pub const BLOCK: usize = 32;
/// Bytes of a cell: four columns (of bytes) of sixteen rows.
pub(crate) const CELL: usize = 4 * GROUP;
/// Bytes of a row's part of a cell.
const PART: usize = CELL / GROUP;
/// Alignment of everything in a packed matrix, in bytes.
pub const ALIGN: usize = 64;

/// How the bytes of sixteen rows lie in a block's cells, and numbers in heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// In each cell four bytes of one row after the other: a lane for each row.
    Lanes,
    /// For vectors of 128 bits: where products are of 16 bits, all bytes of a row's cells, one row after the other, so that a register
    /// holds columns of one row; else of the cells of nibbles eight bytes of one row after the other's, so that it holds those of two.
    Short,
}

impl Order {
    /// The one that this target's kernels read.
    pub(crate) const HERE: Order = if cfg!(target_arch = "wasm32") {
        Order::Short
    } else {
        Order::Lanes
    };

    /// Where four bytes begin in a block of so many cells.
    #[inline(always)]
    pub(crate) const fn at(self, quants: Quants, cell: usize, lane: usize) -> usize {
        match self {
            Order::Short if quants.are_wide() => (lane * quants.cells() + cell) * PART,
            Order::Short if cell < 4 => {
                let (rows, row) = (lane / 2, lane % 2);
                (((2 * rows + cell / 2) * 2 + row) * 2 + cell % 2) * PART
            }
            _ => cell * CELL + lane * PART,
        }
    }
}

impl Order {
    /// Bytes of a group's scales of one block or super-block. For short vectors they are binary32 numbers: WebAssembly has no
    /// instruction that converts those of 16 bits.
    pub(crate) const fn number_bytes(self) -> usize {
        match self {
            Order::Lanes => 2 * GROUP,
            Order::Short => 4 * GROUP,
        }
    }

    /// What is flipped in the bytes of each part. With its highest bit flipped a signed byte has 128 added and is unsigned; for short
    /// vectors only the even columns are, for pairs of columns are read as signed numbers of 16 bits.
    pub(crate) const fn flip(self, quants: Quants) -> u32 {
        match (quants, self) {
            (Quants::Bytes, Order::Lanes) => 0x8080_8080,
            (Quants::Bytes, Order::Short) => 0x0080_0080,
            _ => 0,
        }
    }
}

/// Where things lie in a packed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) kind: Kind,
    pub(crate) order: Order,
    rows: usize,
    blocks: usize,
}

impl Layout {
    /// The layout of a matrix `[rows, cols]`; `None` for formats without a packed form, and for columns that are no whole blocks.
    pub fn new(format: WeightFormat, rows: usize, cols: usize) -> Option<Layout> {
        let kind = Kind::of(format)?;
        let layout = Layout {
            kind,
            order: Order::Lanes,
            rows,
            blocks: cols / BLOCK,
        };
        cols.is_multiple_of(format.block() as usize)
            .then_some(layout)
    }

    /// The same as vectors of 128 bits take it. Every level computes with it, all but WebAssembly's at the pace of plain code.
    pub fn short(self) -> Layout {
        Layout {
            order: Order::Short,
            ..self
        }
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
        (heads * self.kind.head_bytes(self.order)).next_multiple_of(ALIGN)
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
    /// How rows lie in them.
    pub(crate) order: Order,
}

/// Where the numbers of a block lie, in bytes: sixteen each, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// The scales.
    pub(crate) scales: usize,
    /// The minima, after the scales.
    pub(crate) mins: usize,
    /// The block's small numbers: bytes.
    pub(crate) small: usize,
}

impl Head {
    /// The second small numbers, after the first.
    pub(crate) const fn second(self) -> usize {
        self.small + GROUP
    }
}

impl<'a> Group<'a> {
    /// A cell of a block, of each row four bytes in turn, all of them unsigned.
    pub(crate) fn cell<F: Form>(&self, block: usize, cell: usize) -> [u8; CELL] {
        let bytes = self.cells[block * F::CELLS..][..F::CELLS].as_flattened();
        let flipped = self.order.flip(F::QUANTS) ^ Order::Lanes.flip(F::QUANTS);
        core::array::from_fn(|at| {
            let (lane, k) = (at / PART, at % PART);
            bytes[self.order.at(F::QUANTS, cell, lane) + k] ^ flipped.to_le_bytes()[k]
        })
    }

    /// Sixteen scales or minima of a head.
    pub(crate) fn numbers(&self, at: usize) -> [f32; GROUP] {
        let bytes = &self.heads[at..][..self.order.number_bytes()];
        match self.order {
            Order::Lanes => {
                let halves = bytes.as_chunks::<2>().0;
                core::array::from_fn(|lane| half::to_f32(u16::from_le_bytes(halves[lane])))
            }
            Order::Short => {
                let floats = bytes.as_chunks::<4>().0;
                core::array::from_fn(|lane| f32::from_le_bytes(floats[lane]))
            }
        }
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
            order: self.layout.order,
        }
    }
}
