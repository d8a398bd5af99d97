//! Qwen 3, the dense models: a norm of each head of queries and keys before their rotation, and heads whose size the file gives.

use super::{Family, PLAIN};

pub(super) const FAMILY: Family = Family {
    name: "qwen3",
    head_norms: true,
    ..PLAIN
};
