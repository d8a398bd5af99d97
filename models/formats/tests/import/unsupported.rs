//! Well-formed files that ask for what there isn't: refused by name, never read as something else.

use crate::builder::{Builder, Value};
use gavel_formats::ImportError;

/// The message of a refused file.
fn refused(file: &Builder) -> String {
    match file.import() {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was imported"),
    }
}

/// A file is refused with a message that has all of these parts.
fn check(file: &Builder, parts: &[&str]) {
    let message = refused(file);
    for part in parts {
        assert!(message.contains(part), "{message:?} doesn't say {part:?}");
    }
}

#[test]
fn architectures_and_tokenizers_are_named() {
    let with = |key, value| Builder::llama().with(key, Value::Text(value));
    check(
        &with("general.architecture", "mamba"),
        &[
            "general.architecture",
            "mamba",
            "llama, qwen2, qwen3, qwen3moe, gemma3, phi3, bert",
        ],
    );
    check(
        &with("tokenizer.ggml.model", "bert"),
        &["tokenizer.ggml.model", "bert", "llama, gpt2"],
    );
    let byte_level = with("tokenizer.ggml.model", "gpt2");
    check(
        &byte_level.with("tokenizer.ggml.pre", Value::Text("tekken")),
        &["tokenizer.ggml.pre", "tekken", "gpt-2, llama-bpe, qwen2"],
    );
}

#[test]
fn tensor_types_are_named() {
    for (code, name) in [
        (10, "Q2_K"),
        (16, "IQ2_XXS"),
        (39, "MXFP4"),
        (999, "number 999"),
    ] {
        let mut file = Builder::llama();
        file.tensors[4].2 = code;
        check(
            &file,
            &["blk.0.attn_q.weight", name, "F32, F16, Q4_0", "Q6_K"],
        );
    }
}

#[test]
fn features_that_would_change_answers_are_named() {
    let keys = [
        "rope.scaling.original_context_length",
        "attention.clamp_kqv",
        "logit_scale",
    ];
    for key in keys.map(|key| format!("llama.{key}")) {
        check(
            &Builder::llama().with(&key, Value::F32(8.0)),
            &[&key, "not supported"],
        );
    }
    let yarn = Builder::llama().with("llama.rope.scaling.type", Value::Text("yarn"));
    check(&yarn, &["llama.rope.scaling.type", "yarn", "none"]);
    let experts = Builder::llama().with("llama.expert_count", Value::U32(8));
    check(&experts, &["llama.expert_count", "8"]);
    let squeezed =
        Builder::llama().with("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(true));
    check(&squeezed, &["remove_extra_whitespaces"]);
    let seventh = Value::I32s(vec![2, 3, 3, 6, 7]);
    check(
        &Builder::llama().with("tokenizer.ggml.token_type", seventh),
        &["token 4", "type 7"],
    );
}

#[test]
fn tensors_that_nobody_asks_for_are_named() {
    for name in [
        "blk.0.attn_q.bias",
        "blk.0.attn_q_norm.weight",
        "blk.1.attn_q.weight",
    ] {
        let mut file = Builder::llama();
        file.tensors.push((name.into(), vec![4], 0, vec![0; 16]));
        check(&file, &[name, "not supported"]);
    }
}

#[test]
fn missing_parts_are_named() {
    let file = Builder::llama();
    for (key, _) in file
        .metadata
        .iter()
        .filter(|(key, _)| !key.ends_with("_kv") && !key.ends_with("token_type"))
    {
        check(&file.clone().without(key), &[key]);
    }
    for (name, ..) in &file.tensors {
        let mut file = file.clone();
        file.tensors.retain(|(known, ..)| known != name);
        check(&file, &[name]);
    }
}

#[test]
fn values_out_of_range_are_named() {
    for (key, value, parts) in [
        ("llama.embedding_length", Value::U32(0), ["0", "1 to"]),
        (
            "llama.block_count",
            Value::U32(u32::MAX),
            ["4294967295", "1 to 768"],
        ),
        (
            "llama.attention.head_count",
            Value::U32(5),
            ["5", "multiple"],
        ),
        (
            "llama.attention.head_count_kv",
            Value::U32(3),
            ["4", "multiple"],
        ),
        (
            "llama.rope.dimension_count",
            Value::U32(7),
            ["7", "multiple"],
        ),
        (
            "llama.attention.key_length",
            Value::U32(1 << 19),
            ["524288", "1 to 1024"],
        ),
        (
            "llama.rope.freq_base",
            Value::F32(f32::NAN),
            ["NaN", "finite"],
        ),
        ("llama.rope.freq_base", Value::F32(-1.0), ["-1", "above 0"]),
        (
            "llama.context_length",
            Value::F32(16.0),
            ["float", "integer"],
        ),
        ("llama.vocab_size", Value::U32(6), ["6", "5"]),
        (
            "tokenizer.ggml.bos_token_id",
            Value::U32(5),
            ["5", "0 to 4"],
        ),
        (
            "tokenizer.ggml.scores",
            Value::F32s(vec![0.0; 4]),
            ["4 elements", "5"],
        ),
        (
            "tokenizer.ggml.scores",
            Value::F32s(vec![f32::NAN; 5]),
            ["NaN", "token 0"],
        ),
        (
            "tokenizer.ggml.tokens",
            Value::Texts(vec![]),
            ["0 tokens", "1 to"],
        ),
    ] {
        let mut all = vec![key];
        all.extend(parts);
        // A token's errors name the token instead of the key.
        let named = if parts[1].starts_with("token") {
            &all[1..]
        } else {
            &all[..]
        };
        check(&Builder::llama().with(key, value), named);
    }
}

#[test]
fn shapes_that_disagree_are_named() {
    let mut file = Builder::llama();
    file.tensors[4].1 = vec![64, 16];
    check(&file, &["blk.0.attn_q.weight", "[16, 64]", "[32, 32]"]);
    let mut file = Builder::llama();
    (file.tensors[1].2, file.tensors[1].3) = (1, vec![0; 64]);
    check(&file, &["output_norm.weight", "F16", "F32"]);
}

#[test]
fn contexts_that_fit_no_window_are_refused() {
    let file = Builder::llama().with("llama.context_length", Value::U32(u32::MAX));
    let program = file.import().expect("the limit cuts it");
    assert_eq!(program.header.context, 2048);
    let limits = gavel_formats::Limits {
        max_context: u32::MAX - 1,
        ..gavel_formats::Limits::default()
    };
    let file = gavel_formats::ModelFile::from_bytes(&file.bytes());
    let result = gavel_formats::import(&file, &limits, crate::builder::image());
    assert!(matches!(result, Err(ImportError::TooLarge { .. })));
}
