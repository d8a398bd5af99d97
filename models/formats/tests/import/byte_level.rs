//! Vocabularies of byte-level BPE: which tables come out, and what is refused.

use crate::builder::{Builder, Value};
use gavel_formats::vocab::Model;
use gavel_formats::{ModelFile, Vocab, vocabulary};
use gavel_program::op::{FLAG_BOS, FLAG_EOS, NO_TOKEN};
use gavel_program::{Op, Pretokenizer};

/// The smallest Llama with five tokens of byte-level BPE.
fn file() -> Builder {
    Builder::llama()
        .without("tokenizer.ggml.scores")
        .with("tokenizer.ggml.model", Value::Text("gpt2"))
        .with("tokenizer.ggml.pre", Value::Text("llama-bpe"))
        .with(
            "tokenizer.ggml.tokens",
            Value::Texts(vec!["<|end|>", "Ġ", "é", "Ġé", "<x>"]),
        )
        .with(
            "tokenizer.ggml.token_type",
            Value::I32s(vec![3, 1, 1, 1, 4]),
        )
        .with("tokenizer.ggml.merges", Value::Texts(vec!["Ġ é"]))
        .with("tokenizer.ggml.eos_token_id", Value::U32(0))
}

fn read(file: &Builder) -> Vocab {
    vocabulary(&ModelFile::from_bytes(&file.bytes())).expect("it is supported")
}

fn check(file: &Builder, parts: &[&str]) {
    let message = match file.import() {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was imported"),
    };
    for part in parts {
        assert!(message.contains(part), "{message:?} doesn't say {part:?}");
    }
}

#[test]
fn tables_follow_from_texts_and_merges() {
    let vocab = read(&file());
    let Model::ByteLevel(model) = &vocab.model else {
        panic!("it is byte-level");
    };
    assert_eq!(model.pretokenizer, Pretokenizer::Llama3);
    assert_eq!(model.merges, [[1, 2, 0]]);
    assert_eq!(model.results, [3]);
    for (byte, id) in (0..=255u8).zip(&model.byte_tokens) {
        let expected = match byte {
            b' ' => 1,
            0xE9 => 2,
            _ => -1,
        };
        assert_eq!(*id, expected, "{byte:#x}");
    }
    let printed: Vec<&[u8]> = (0..5).map(|id| vocab.printed.get(id)).collect();
    assert_eq!(printed, [&b""[..], b" ", b"\xE9", b" \xE9", b"<x>"]);
    assert_eq!(vocab.specials.texts.bytes, b"<x><|end|>");
    assert_eq!(vocab.specials.ids, [4, 0]);
    assert_eq!(model.whole.texts.bytes, b" \x20\xE9\xE9");
    assert_eq!(model.whole.ids, [1, 3, 2]);
    assert_eq!((vocab.bos, &vocab.ends[..]), (NO_TOKEN, &[0][..]));
}

/// Llama 3 has a BOS token if the file doesn't say, and takes whole words; the others do neither.
#[test]
fn settings_follow_the_pre_tokenizer_and_the_file() {
    for (pre, bos, whole) in [
        ("llama3", FLAG_BOS, 3),
        ("gpt-2", 0, 0),
        ("deepseek-r1-qwen", 0, 0),
    ] {
        let vocab = read(&file().with("tokenizer.ggml.pre", Value::Text(pre)));
        let Model::ByteLevel(model) = &vocab.model else {
            panic!("it is byte-level");
        };
        assert_eq!((vocab.flags, model.whole.ids.len()), (bos, whole), "{pre}");
    }
    let both = file()
        .with("tokenizer.ggml.add_bos_token", Value::Bool(false))
        .with("tokenizer.ggml.add_eos_token", Value::Bool(true));
    assert_eq!(read(&both).flags, FLAG_EOS);
}

#[test]
fn a_byte_level_model_becomes_a_program() {
    let program = file().import().expect("it is supported");
    assert!(matches!(&program.nodes[0].op, Op::BpeIds(p) if p.merges == 1 && p.specials == 2));
    assert_eq!(program.nodes[1].op.name(), "BpeCount");
    assert_eq!(program.nodes[0].inputs(), program.nodes[1].inputs());
    let names = program.weights.iter().map(|weight| weight.name.as_str());
    let names: Vec<&str> = names.take(12).collect();
    assert_eq!(
        names,
        [
            "tokenizer.classes",
            "tokenizer.byte_tokens",
            "tokenizer.merges",
            "tokenizer.results",
            "tokenizer.specials",
            "tokenizer.specials.offsets",
            "tokenizer.specials.ids",
            "tokenizer.whole",
            "tokenizer.whole.offsets",
            "tokenizer.whole.ids",
            "tokenizer.printed",
            "tokenizer.printed.offsets",
        ]
    );
}

#[test]
fn merges_that_make_no_sense_are_named() {
    for (merges, parts) in [
        (vec!["Ġé"], ["merge 0", "Ġé"]),
        (vec!["Ġ é", "é Ġ"], ["merge 1", "é Ġ"]),
        (vec!["Ġ ė"], ["merge 0", "Ġ ė"]),
        (vec!["Ġ é é"], ["merge 0", "two tokens"]),
        (vec!["Ġ é", "Ġ é"], ["merge 1", "each pair once"]),
        (vec![""], ["merge 0", "two tokens"]),
    ] {
        let merges = Value::Texts(merges);
        check(&file().with("tokenizer.ggml.merges", merges), &parts);
    }
    let numbers = Value::I32s(vec![1]);
    check(
        &file().with("tokenizer.ggml.merges", numbers),
        &["merges", "strings"],
    );
}

#[test]
fn what_a_byte_level_vocabulary_must_have_is_named() {
    for key in
        ["pre", "merges", "eos_token_id", "tokens"].map(|key| format!("tokenizer.ggml.{key}"))
    {
        check(&file().without(&key), &[&key]);
    }
    let bytes = Value::I32s(vec![3, 6, 1, 1, 4]);
    check(
        &file().with("tokenizer.ggml.token_type", bytes),
        &["token 1", "6 (byte)"],
    );
    let no_token = file().with("tokenizer.ggml.bos_token_id", Value::U32(5));
    check(&no_token, &["bos_token_id", "5"]);
}

#[test]
fn a_normal_token_outside_the_alphabet_prints_its_text() {
    let texts = vec!["<|end|>", "Ġ", "é", "Ġé", "a b\n"];
    let file = file()
        .with("tokenizer.ggml.tokens", Value::Texts(texts))
        .with(
            "tokenizer.ggml.token_type",
            Value::I32s(vec![3, 1, 1, 1, 1]),
        );
    assert_eq!(read(&file).printed.get(4), b"a b\n");
}
