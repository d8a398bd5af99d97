//! Parameters of caches and of attention over them.

use super::word::params;

params! {
    /// `cache[pos, i] = x[i]`; every other element keeps its value. Inputs: x F32\[width\]. Output F32[context, width].
    StoreRow {
        /// Elements of a row.
        width: u32,
        /// Rows.
        context: u32,
    }
}

params! {
    /// Attention scores: `scores[h, t] = (q[h] . k[t, h / group]) * scale` for the positions t that are seen, the last `window` up to
    /// pos; others keep their value.
    /// Inputs: q F32[heads * head_dim], keys F32[context, kv_heads * head_dim]. Output F32[heads, context].
    Scores {
        /// Query heads, a multiple of `kv_heads`.
        heads: u32,
        /// Key heads.
        kv_heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Rows of the cache.
        context: u32,
        /// Scale, the bits of an F32.
        scale: u32,
        /// Positions that are seen, pos among them; at least 1.
        window: u32,
    }
}

params! {
    /// Softmax of each row over the positions that are seen; others keep their value. Inputs: scores F32[heads, context]. Output the
    /// same shape.
    Softmax {
        /// Rows.
        heads: u32,
        /// Elements of a row.
        context: u32,
        /// Positions that are seen, as in [`Scores`].
        window: u32,
    }
}

params! {
    /// Weighted sum of values: `y[h, d] = sum of p[h, t] * v[t, h / group, d]` over the positions that are seen.
    /// Inputs: p F32[heads, context], values F32[context, kv_heads * head_dim]. Output F32[heads * head_dim].
    WeightedSum {
        /// Query heads, a multiple of `kv_heads`.
        heads: u32,
        /// Value heads.
        kv_heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Rows of the cache.
        context: u32,
        /// Positions that are seen, as in [`Scores`].
        window: u32,
    }
}
