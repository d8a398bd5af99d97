//! Phi 3 and 3.5, the dense models: fused matrices, partly rotated heads, and for long contexts frequency factors from the file.

use super::{Family, PLAIN};

pub(super) const FAMILY: Family = Family {
    name: "phi3",
    fused: true,
    scalings: &["none", "linear", "longrope"],
    keys: &[
        "rope.scaling.original_context_length",
        "rope.scaling.attn_factor",
    ],
    ..PLAIN
};
