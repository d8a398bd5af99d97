//! Special tokens: named by their text in a prompt, printed as nothing.

use crate::fixtures::printed;
use crate::runner::Runner;

/// The ids of a prompt are those of its parts.
fn check(name: &str, prompt: &str, expected: &[Result<u32, &str>]) {
    let Some(mut runner) = Runner::of(name) else {
        return;
    };
    let mut ids = Vec::new();
    for part in expected {
        match part {
            Ok(id) => ids.push(*id),
            Err(text) => ids.extend(runner.plain_ids(text.as_bytes())),
        }
    }
    assert_eq!(runner.plain_ids(prompt.as_bytes()), ids, "{prompt:?}");
}

#[test]
fn a_prompt_names_special_tokens() {
    check(
        "qwen2",
        "<|im_start|>user\nHi  <|im_end|>\n<|im_start|>",
        &[
            Ok(151_644),
            Err("user\nHi  "),
            Ok(151_645),
            Err("\n"),
            Ok(151_644),
        ],
    );
    check(
        "llama-bpe",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|",
        &[
            Ok(128_000),
            Ok(128_006),
            Err("user"),
            Ok(128_007),
            Err("\n\nHi"),
            Err("<|eot_id|"),
        ],
    );
    check(
        "gpt-2",
        "a<|endoftext|><|endoftext|>",
        &[Err("a"), Ok(50_256), Ok(50_256)],
    );
}

/// The longest text at a place is the token, and a token's text needs no boundary before it.
#[test]
fn the_longest_special_token_is_taken() {
    check(
        "llama-bpe",
        "x<<|reserved_special_token_10|><|reserved_special_token_1|>",
        &[Err("x<"), Ok(128_015), Ok(128_003)],
    );
}

/// SentencePiece's text after a special token begins with a space, as at the prompt's beginning.
#[test]
fn text_after_a_special_token_has_a_prefix() {
    check(
        "phi-3",
        "<|user|>\nHi<|end|>\n<|assistant|>",
        &[Ok(32_010), Err("\nHi"), Ok(32_007), Err("\n"), Ok(32_001)],
    );
    check("llama-spm", "</s>a b", &[Ok(2), Err("a b")]);
}

#[test]
fn special_tokens_print_nothing_and_user_defined_ones_their_text() {
    let Some(runner) = Runner::of("qwen2") else {
        return;
    };
    assert_eq!(printed(&runner, &[151_644, 151_646, 13]), b"[PAD151646].");
}

#[test]
fn settings_of_the_file_add_tokens() {
    for (name, first) in [
        ("gpt-2", None),
        ("qwen2", None),
        ("llama-bpe", Some(128_000)),
        ("llama-spm", Some(1)),
        ("phi-3", Some(1)),
    ] {
        let Some(mut runner) = Runner::of(name) else {
            return;
        };
        let expected: Vec<u32> = first.into_iter().chain(runner.plain_ids(b"a")).collect();
        assert_eq!(runner.ids(b"a"), expected, "{name}");
    }
}
