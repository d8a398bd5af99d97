//! Gemma 3, its text models: of six layers five see a window and turn faster, norms before and after both parts of a layer, GeGLU.

use super::{Family, Gate, Local, PLAIN};

/// Layers of the model of 27 billion parameters, which alone divides queries by what the heads would have as equal parts of the
/// residual stream.
const LAYERS_OF_27B: u32 = 62;

pub(super) const FAMILY: Family = Family {
    name: "gemma3",
    head_norms: true,
    post_norms: true,
    scaled_embedding: true,
    gate: Gate::Gelu,
    local: Some(Local {
        every: 6,
        rope_base: 10_000.0,
    }),
    query_divisor: |[layers, dim, heads, head_dim]| match layers {
        LAYERS_OF_27B => dim / heads,
        _ => head_dim,
    },
    keys: &["rope.freq_base_swa"],
    ..PLAIN
};
