//! Qwen 3, the mixtures of experts: a Qwen 3 whose feed-forward network is a few of many, chosen for each token by a softmax over all, with
//! shares that add up to one.

use super::{Family, PLAIN};

pub(super) const FAMILY: Family = Family {
    name: "qwen3moe",
    head_norms: true,
    experts: true,
    keys: &[
        "expert_count",
        "expert_used_count",
        "expert_feed_forward_length",
        "expert_weights_norm",
    ],
    ..PLAIN
};
