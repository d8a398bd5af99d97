//! A file's tokenizer as Hugging Face's crate runs it.

use gavel_formats::ModelFile;
use gavel_formats::gguf::{Gguf, Value};
use serde_json::json;
use std::str::FromStr;
use tokenizers::Tokenizer;

/// The patterns as their `tokenizer.json` files have them.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Ids by text.
type Vocab = serde_json::Map<String, serde_json::Value>;

/// The crate's tokenizer.
pub(crate) struct Peer(Tokenizer);

/// Strings of a file's array.
fn strings(gguf: &Gguf, key: &str) -> Vec<String> {
    let Some(Value::Array(array)) = gguf.metadata.get(key) else {
        panic!("the file has {key}");
    };
    let text = |value| match value {
        Value::String(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{key} holds {other:?}"),
    };
    array.values().map(text).collect()
}

/// Ids of the tokens that are not text: unknown, control and user-defined ones.
fn specials(gguf: &Gguf) -> Vec<usize> {
    let Some(Value::Array(kinds)) = gguf.metadata.get("tokenizer.ggml.token_type") else {
        panic!("the file has kinds");
    };
    let special = |value| matches!(value, Value::Integer(2..=4));
    let places = kinds.values().enumerate();
    places
        .filter(|(_, kind)| special(*kind))
        .map(|(id, _)| id)
        .collect()
}

/// The pre-tokenizer of a kind.
fn pre_tokenizer(name: &str) -> serde_json::Value {
    let bytes = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
    let split = |pattern: &str| json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
    let parts =
        |pattern| json!({"type": "Sequence", "pretokenizers": [split(pattern), bytes(false)]});
    match name {
        "gpt-2" => bytes(true),
        "llama-bpe" => parts(LLAMA3),
        "qwen2" => parts(QWEN2),
        other => panic!("no pre-tokenizer of {other} is known"),
    }
}

/// The model of a byte-level file.
fn byte_level(name: &str, gguf: &Gguf, vocab: Vocab) -> serde_json::Value {
    json!({
        "type": "BPE",
        "vocab": vocab,
        "merges": strings(gguf, "tokenizer.ggml.merges"),
        "ignore_merges": name == "llama-bpe",
    })
}

/// The model of a SentencePiece file: all ways to make a token of two, the highest score first, then the longest left part.
fn sentence_piece(gguf: &Gguf, vocab: Vocab) -> serde_json::Value {
    let Some(Value::Array(scores)) = gguf.metadata.get("tokenizer.ggml.scores") else {
        panic!("the file has scores");
    };
    let score = |value| match value {
        Value::Float(score) => score,
        other => panic!("a score is {other:?}"),
    };
    let texts = strings(gguf, "tokenizer.ggml.tokens");
    let mut merges = Vec::new();
    for (text, score) in texts.iter().zip(scores.values().map(score)) {
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if vocab.contains_key(left) && vocab.contains_key(right) {
                merges.push((score, left.chars().count(), [left, right]));
            }
        }
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    json!({
        "type": "BPE",
        "vocab": vocab,
        "merges": merges.into_iter().map(|(_, _, pair)| pair).collect::<Vec<_>>(),
        "byte_fallback": true,
        "fuse_unk": true,
        "unk_token": "<unk>",
    })
}

/// Spaces as SentencePiece writes them, one before each text.
fn space_marks() -> serde_json::Value {
    json!({"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "\u{2581}"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"},
    ]})
}

impl Peer {
    /// The tokenizer of a shared file; none, said aloud, where the file is missing.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let path = gavel_fixtures::model(&format!("vocab/ggml-vocab-{name}.gguf"))?;
        let file = ModelFile::open(&path).expect("the file was found");
        let gguf = Gguf::parse(file.bytes()).expect("it is well-formed");
        let texts = strings(&gguf, "tokenizer.ggml.tokens");
        let ids = texts.iter().zip(0..);
        let vocab: Vocab = ids.map(|(text, id)| (text.clone(), json!(id))).collect();
        let added = |id: &usize| json!({"id": id, "content": texts[*id], "special": true, "normalized": false, "lstrip": false, "rstrip": false, "single_word": false});
        let bytes = gguf.metadata.get("tokenizer.ggml.model") == Some(Value::String(b"gpt2"));
        let mut tokenizer = json!({
            "version": "1.0",
            "added_tokens": specials(&gguf).iter().map(added).collect::<Vec<_>>(),
        });
        if bytes {
            tokenizer["pre_tokenizer"] = pre_tokenizer(name);
            tokenizer["model"] = byte_level(name, &gguf, vocab);
        } else {
            tokenizer["normalizer"] = space_marks();
            tokenizer["model"] = sentence_piece(&gguf, vocab);
        }
        Some(Peer(
            Tokenizer::from_str(&tokenizer.to_string()).expect("the crate reads its own format"),
        ))
    }

    /// A text's ids without those that are added at its ends.
    pub(crate) fn ids(&self, text: &str) -> Vec<u32> {
        let encoding = self.0.encode_fast(text, false);
        encoding
            .expect("the crate encodes every text")
            .get_ids()
            .to_vec()
    }
}
