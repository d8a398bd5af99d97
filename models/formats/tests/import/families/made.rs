//! The smallest file of each family.

use crate::builder::{Builder, Value};

/// Elements of the smallest model's heads, of which it has 4 for queries and 2 for keys.
pub(super) const HEAD: usize = 8;

/// A Qwen 2 with zero biases.
pub(super) fn qwen2() -> Builder {
    Builder::of_family("qwen2")
        .with_vector("blk.0.attn_q.bias", &[0.0; 4 * HEAD])
        .with_vector("blk.0.attn_k.bias", &[0.0; 2 * HEAD])
        .with_vector("blk.0.attn_v.bias", &[0.0; 2 * HEAD])
}

/// A Qwen 3 whose heads have 16 elements, twice what the residual stream would give them.
pub(super) fn qwen3() -> Builder {
    let mut file = Builder::of_family("qwen3")
        .with("qwen3.attention.key_length", Value::U32(16))
        .with("qwen3.attention.value_length", Value::U32(16))
        .with_vector("blk.0.attn_q_norm.weight", &[1.0; 16])
        .with_vector("blk.0.attn_k_norm.weight", &[1.0; 16]);
    for (name, dims, _, bytes) in &mut file.tensors {
        let place = match name.as_str() {
            "blk.0.attn_q.weight" | "blk.0.attn_k.weight" | "blk.0.attn_v.weight" => 1,
            "blk.0.attn_output.weight" => 0,
            _ => continue,
        };
        dims[place] *= 2;
        *bytes = vec![1; 2 * bytes.len()];
    }
    file
}

/// The same with four experts, of which a token is sent to two.
pub(super) fn qwen3moe() -> Builder {
    let mut file = qwen3();
    for (key, _) in &mut file.metadata {
        if let Some(name) = key.strip_prefix("qwen3.") {
            *key = format!("qwen3moe.{name}");
        }
    }
    let mut hidden = 0;
    for (name, dims, _, bytes) in &mut file.tensors {
        if let Some(part) = name.strip_prefix("blk.0.ffn_")
            && let Some(part) = part.strip_suffix(".weight")
            && part != "norm"
        {
            hidden = dims[0].max(dims[1]) as u32;
            dims.push(4);
            *bytes = vec![1; 4 * bytes.len()];
            *name = format!("blk.0.ffn_{part}_exps.weight");
        }
    }
    let dim = 32;
    file.tensors.push((
        "blk.0.ffn_gate_inp.weight".into(),
        vec![dim, 4],
        0,
        vec![0; 4 * 4 * dim as usize],
    ));
    file.with("general.architecture", Value::Text("qwen3moe"))
        .with("qwen3moe.expert_count", Value::U32(4))
        .with("qwen3moe.expert_used_count", Value::U32(2))
        .with("qwen3moe.expert_feed_forward_length", Value::U32(hidden))
}

/// A Gemma 3 of seven layers with a window of four positions.
pub(super) fn gemma3() -> Builder {
    let plain = Builder::of_family("gemma3");
    let mut file = plain
        .clone()
        .with("gemma3.block_count", Value::U32(7))
        .with("gemma3.attention.sliding_window", Value::U32(4));
    for layer in 0..7 {
        for (name, dims, kind, bytes) in &plain.tensors {
            if let (Some(rest), 1..) = (name.strip_prefix("blk.0."), layer) {
                let name = format!("blk.{layer}.{rest}");
                file.tensors
                    .push((name, dims.clone(), *kind, bytes.clone()));
            }
        }
        for (name, len) in [
            ("attn_q_norm", HEAD),
            ("attn_k_norm", HEAD),
            ("post_attention_norm", 32),
            ("post_ffw_norm", 32),
        ] {
            let name = format!("blk.{layer}.{name}.weight");
            file = file.with_vector(&name, &vec![1.0; len]);
        }
    }
    file
}

/// A Phi 3 in which every byte of a fused matrix is its row's number.
pub(super) fn phi3() -> Builder {
    let mut file = Builder::of_family("phi3");
    let matrix = |name: &str, rows: u64| {
        let bytes = (0..rows as u8).flat_map(|row| [row; 34]).collect();
        (name.to_owned(), vec![32, rows], 8, bytes)
    };
    file.tensors.retain(|(name, ..)| {
        let split = ["attn_q.", "attn_k.", "attn_v.", "ffn_gate.", "ffn_up."];
        !split.iter().any(|part| name.contains(part))
    });
    file.tensors
        .push(matrix("blk.0.attn_qkv.weight", 32 + 16 + 16));
    file.tensors.push(matrix("blk.0.ffn_up.weight", 2 * 64));
    file
}
