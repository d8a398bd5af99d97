//! Parameters of what a layer does to one vector.

use super::word::{Word, params};
use crate::WeightFormat;

/// Which elements of a head a rotary embedding turns together, of `rotary` elements.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// Elements 2i and 2i + 1.
    Neighbours = 0,
    /// Elements i and i + rotary / 2.
    Halves = 1,
}

impl Word for Pairing {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Pairing::Neighbours),
            1 => Some(Pairing::Halves),
            _ => None,
        }
    }
}

params! {
    /// One row of a table: `x[i] = table[tokens[pos], i]`. Inputs: tokens I32, then the table's planes [vocab, dim], or those of a shard:
    /// of a token whose row is in another one the output keeps its value.
    Embed {
        /// Columns.
        dim: u32,
        /// Rows.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Storage of the table.
        format: WeightFormat,
        /// Of a shard the whole table's rows before it; else 0.
        before: u32,
        /// Those after it.
        after: u32,
    }
}

params! {
    /// RMSNorm of each row. Inputs: x F32[rows, dim], weight F32\[dim\].
    RmsNorm {
        /// Rows: 1, or the heads of queries or keys.
        rows: u32,
        /// Elements of a row.
        dim: u32,
        /// Epsilon, the bits of an F32.
        eps: u32,
    }
}

params! {
    /// `y[before + r] = W[r] x`; every other element keeps its value. Inputs: x F32\[cols\], then the planes of W [rows, cols], which may
    /// be a shard of a larger matrix. Output F32[before + rows + after].
    Linear {
        /// Rows.
        rows: u32,
        /// Inputs.
        cols: u32,
        /// Storage of W.
        format: WeightFormat,
        /// Of a shard the whole matrix's rows before it, whole tiles; else 0.
        before: u32,
        /// Those after it; if there are any, `rows` are whole tiles.
        after: u32,
    }
}

impl Linear {
    /// A whole matrix.
    pub const fn whole(rows: u32, cols: u32, format: WeightFormat) -> Self {
        Linear {
            rows,
            cols,
            format,
            before: 0,
            after: 0,
        }
    }
}

params! {
    /// Rotary embedding of pairs in each head. Inputs: x F32[heads * head_dim], table F32[context, rotary] as (cos, sin) pairs:
    /// entry (pos, 2i) is the cosine and (pos, 2i + 1) the sine for pair i. Elements past `rotary` are copied.
    Rope {
        /// Heads.
        heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Elements of a head that are rotated, even.
        rotary: u32,
        /// Rows of the table.
        context: u32,
        /// Which elements make a pair.
        pairing: Pairing,
    }
}

params! {
    /// An element-wise operator over F32\[len\].
    Elementwise {
        /// Elements.
        len: u32,
    }
}

params! {
    /// `y[i] = x[i] * factor`. Inputs: x F32\[len\].
    Scale {
        /// Elements.
        len: u32,
        /// The bits of an F32.
        factor: u32,
    }
}
