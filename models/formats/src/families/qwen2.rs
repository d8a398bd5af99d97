//! Qwen 2 and 2.5: biases on queries, keys and values.

use super::{Family, PLAIN};

pub(super) const FAMILY: Family = Family {
    name: "qwen2",
    biases: true,
    ..PLAIN
};
