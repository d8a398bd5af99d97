//! The shared texts with llama.cpp's ids for them, without BOS.

use crate::runner::Runner;
use std::fs;

/// What stands between the fixture's texts.
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

/// A fixture's file.
fn read(name: &str, suffix: &str) -> Option<String> {
    let path = gavel_fixtures::model(&format!("vocab/ggml-vocab-{name}.gguf.{suffix}"))?;
    Some(fs::read_to_string(path).expect("the file was found"))
}

/// Ids as the fixture writes them.
fn parse(line: &str) -> Vec<u32> {
    let id = |id: &str| id.parse().expect("the fixture holds numbers");
    line.split_whitespace().map(id).collect()
}

fn check(name: &str) {
    let (Some(mut runner), Some(texts), Some(expected)) =
        (Runner::of(name), read(name, "inp"), read(name, "out"))
    else {
        return;
    };
    let texts: Vec<&str> = texts
        .strip_suffix(SEPARATOR)
        .expect("a separator ends the file")
        .split(SEPARATOR)
        .collect();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!((texts.len(), expected.len()), (46, 46));
    for (text, line) in texts.iter().zip(expected) {
        let ids = runner.plain_ids(text.as_bytes());
        assert_eq!(ids, parse(line), "{text:?}");
    }
}

#[test]
fn gpt_2_tokenizes_as_llama_cpp() {
    check("gpt-2");
}

#[test]
fn llama_bpe_tokenizes_as_llama_cpp() {
    check("llama-bpe");
}

#[test]
fn qwen2_tokenizes_as_llama_cpp() {
    check("qwen2");
}

#[test]
fn llama_spm_tokenizes_as_llama_cpp() {
    check("llama-spm");
}

#[test]
fn phi_3_tokenizes_as_llama_cpp() {
    check("phi-3");
}

/// What tokens print.
pub(crate) fn printed(runner: &Runner, ids: &[u32]) -> Vec<u8> {
    let texts = ids.iter().map(|id| runner.vocab.printed.get(*id as usize));
    texts.collect::<Vec<_>>().concat()
}

/// Byte-level tokens print exactly what they were made of; SentencePiece's print a space before it.
#[test]
fn what_was_tokenized_is_printed() {
    let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
    for (name, prefix) in [
        ("gpt-2", ""),
        ("llama-bpe", ""),
        ("qwen2", ""),
        ("llama-spm", " "),
        ("phi-3", " "),
    ] {
        let Some(mut runner) = Runner::of(name) else {
            return;
        };
        for text in [&bytes, "Ünïcode  😀\r\n\t'S 1234567 ".as_bytes()] {
            let ids = runner.plain_ids(text);
            let expected = [prefix.as_bytes(), text].concat();
            assert_eq!(printed(&runner, &ids), expected, "{name}");
        }
    }
}
