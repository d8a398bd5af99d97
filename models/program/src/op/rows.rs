//! Parameters of the operators on rows of a sequence.

use super::word::params;
use crate::WeightFormat;

params! {
    /// A row of a table for each row: `x[r, i] = table[tokens[r], i]`. Inputs: count I32\[64\], tokens I32\[rows\], then the table's planes
    /// [vocab, dim]. Output F32[rows, dim].
    ///
    /// Operators on rows compute the first `count` of them (element 0 of the count, at most `rows`); the others keep their value.
    RowsEmbed {
        /// Rows at most.
        rows: u32,
        /// Columns.
        dim: u32,
        /// Rows of the table.
        vocab: u32,
        /// Storage of the table.
        format: WeightFormat,
    }
}

params! {
    /// `y[r] = W x[r] + bias`. Inputs: count I32\[64\], x F32[rows, cols], bias F32\[outputs\], then the planes of W [outputs, cols].
    /// Output F32[rows, outputs].
    RowsLinear {
        /// Rows at most.
        rows: u32,
        /// Elements of an output's row.
        outputs: u32,
        /// Elements of an input's row.
        cols: u32,
        /// Storage of W.
        format: WeightFormat,
    }
}

params! {
    /// An element-wise operator on rows: F32[rows, dim].
    Rows {
        /// Rows at most.
        rows: u32,
        /// Elements of a row.
        dim: u32,
    }
}

params! {
    /// LayerNorm of each row. Inputs: count I32\[64\], x F32[rows, dim], weight F32\[dim\], bias F32\[dim\]. Output F32[rows, dim].
    LayerNorm {
        /// Rows at most.
        rows: u32,
        /// Elements of a row.
        dim: u32,
        /// Epsilon, the bits of an F32.
        eps: u32,
    }
}

params! {
    /// Attention of all rows to all rows, in three operators:
    ///
    /// - scores `s[r, h, t] = (q[r, h] . k[t, h]) * scale`. Inputs: count I32\[64\], q and k F32[rows, heads * head_dim]. Output
    ///   F32[rows, heads, rows];
    /// - their softmax over t. Inputs: count, scores. Output F32[rows, heads, rows];
    /// - weighted sums `y[r, h] = sum of p[r, h, t] * v[t, h]`. Inputs: count, p F32[rows, heads, rows], v F32[rows, heads * head_dim].
    ///   Output F32[rows, heads * head_dim].
    RowsAttention {
        /// Rows at most.
        rows: u32,
        /// Heads.
        heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Scale of the scores, the bits of an F32; the other two don't use it.
        scale: u32,
    }
}
