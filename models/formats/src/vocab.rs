//! Vocabularies of SentencePiece kind, as the tables that the tokenizing operators read.

use crate::ImportError;
use crate::fields::{Fields, wrong_type};
use crate::gguf::{Array, Value};
use gavel_program::op::{FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX};
use std::collections::BTreeMap;

/// Most tokens: what the sampler's scratch memory holds.
const MAX_VOCAB: usize = gavel_program::boot::SCRATCH_WORDS;
/// Bytes of a token's text: the longest of published vocabularies have 256 (runs of spaces).
const MAX_TOKEN_BYTES: usize = 1024;
/// U+2581, which stands for a space in a vocabulary.
const SPACE_MARK: &[u8] = "\u{2581}".as_bytes();
/// Token ids of a file that doesn't name them: unknown, BOS and end of the SentencePiece trainer.
const DEFAULT_IDS: [u32; 3] = [0, 1, 2];
/// Keys under `tokenizer.ggml.` whose tokens end an answer, the end token first.
const END_KEYS: [&str; 3] = ["eos_token_id", "eot_token_id", "eom_token_id"];

/// Kinds of tokens, by the format's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Unknown,
    Control,
    Unused,
    Byte,
}

/// A vocabulary's tables and settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocab {
    /// Texts by id, as in the file: a space is U+2581.
    pub texts: Texts,
    /// Texts by id as a token prints them.
    pub printed: Texts,
    /// Scores by id.
    pub scores: Vec<f32>,
    /// Ids by rising text (as bytes), one for each distinct text that isn't empty: the highest id of those that share it.
    pub sorted: Vec<i32>,
    /// The token of each byte, -1 where there is none.
    pub byte_tokens: Vec<i32>,
    /// The token that begins a prompt.
    pub bos: u32,
    /// The tokens that end an answer, at least one.
    pub ends: Vec<u32>,
    /// The token of what the vocabulary can't express.
    pub unk: u32,
    /// FLAG_* of [`gavel_program::op`].
    pub flags: u32,
}

/// Texts in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// All texts, one after the other.
    pub bytes: Vec<u8>,
    /// Where each text starts, and the end of the last.
    pub offsets: Vec<i32>,
}

impl Texts {
    fn new(texts: impl Iterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut all = Texts {
            bytes: Vec::new(),
            offsets: vec![0],
        };
        for text in texts {
            all.bytes.extend_from_slice(text.as_ref());
            all.offsets.push(all.bytes.len() as i32);
        }
        all
    }

    /// A token's text.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn get(&self, id: usize) -> &[u8] {
        &self.bytes[self.offsets[id] as usize..self.offsets[id + 1] as usize]
    }
}

impl Vocab {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Bytes of the longest text.
    pub fn longest_text(&self) -> u32 {
        let lengths = self.texts.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        lengths.max().unwrap_or(0) as u32
    }

    /// Reads the vocabulary of a file's metadata.
    pub(crate) fn read(fields: Fields) -> Result<Self, ImportError> {
        fields.one_of("tokenizer.ggml.model", &["llama"])?;
        refuse_normalizers(fields)?;
        let texts = texts(fields.array("tokenizer.ggml.tokens")?)?;
        let scores = scores(fields.array("tokenizer.ggml.scores")?, texts.len())?;
        let kinds = kinds(fields, texts.len())?;
        let last = texts.len() as u32 - 1;
        let id = |key: &str, default: u32| {
            let key = format!("tokenizer.ggml.{key}");
            let found = fields.optional_u32(&key, 0..=last)?;
            Ok::<u32, ImportError>(found.unwrap_or(default.min(last)))
        };
        Ok(Vocab {
            printed: printed(&texts, &kinds)?,
            sorted: sorted(&texts),
            byte_tokens: byte_tokens(&texts, &kinds)?,
            unk: id("unknown_token_id", DEFAULT_IDS[0])?,
            bos: id("bos_token_id", DEFAULT_IDS[1])?,
            ends: ends(fields, id("eos_token_id", DEFAULT_IDS[2])?, last)?,
            flags: flags(fields)?,
            texts: Texts::new(texts.iter()),
            scores,
        })
    }
}

/// Steps before tokenizing that the operator doesn't do.
fn refuse_normalizers(fields: Fields) -> Result<(), ImportError> {
    let key = "tokenizer.ggml.precompiled_charsmap";
    if fields.0.get(key).is_some() {
        return Err(ImportError::Unknown {
            what: "key",
            name: key.into(),
            family: "llama",
        });
    }
    let key = "tokenizer.ggml.remove_extra_whitespaces";
    if fields.truth(key, false)? {
        return Err(ImportError::Value {
            key: key.into(),
            got: "true".into(),
            expected: "false".into(),
        });
    }
    Ok(())
}

fn texts<'a>(array: Array<'a>) -> Result<Vec<&'a [u8]>, ImportError> {
    let key = "tokenizer.ggml.tokens";
    if array.is_empty() || array.len() > MAX_VOCAB {
        return Err(ImportError::Value {
            key: key.into(),
            got: format!("{} tokens", array.len()),
            expected: format!("1 to {MAX_VOCAB}"),
        });
    }
    let text = |(id, value): (usize, Value<'a>)| match value {
        Value::String(text) if text.len() <= MAX_TOKEN_BYTES => Ok(text),
        Value::String(text) => Err(ImportError::Token {
            id,
            what: "a text of",
            got: format!("{} bytes", text.len()),
            expected: "at most 1024",
        }),
        other => Err(wrong_type(key, other.type_name(), "array of strings")),
    };
    array.values().enumerate().map(text).collect()
}

fn scores(array: Array, vocab: usize) -> Result<Vec<f32>, ImportError> {
    let key = "tokenizer.ggml.scores";
    same_length(key, array.len(), vocab)?;
    let score = |(id, value): (usize, Value)| match value {
        Value::Float(score) if !score.is_nan() => Ok(score as f32),
        Value::Float(score) => Err(ImportError::Token {
            id,
            what: "score",
            got: score.to_string(),
            expected: "a number",
        }),
        other => Err(wrong_type(key, other.type_name(), "array of f32")),
    };
    array.values().enumerate().map(score).collect()
}

/// The kinds of all tokens; a file that doesn't say has normal ones alone.
fn kinds(fields: Fields, vocab: usize) -> Result<Vec<Kind>, ImportError> {
    let key = "tokenizer.ggml.token_type";
    if fields.0.get(key).is_none() {
        return Ok(vec![Kind::Normal; vocab]);
    }
    let array = fields.array(key)?;
    same_length(key, array.len(), vocab)?;
    let kind = |(id, value): (usize, Value)| match value {
        Value::Integer(1) => Ok(Kind::Normal),
        Value::Integer(2) => Ok(Kind::Unknown),
        Value::Integer(3) => Ok(Kind::Control),
        Value::Integer(5) => Ok(Kind::Unused),
        Value::Integer(6) => Ok(Kind::Byte),
        Value::Integer(code) => Err(ImportError::Token {
            id,
            what: "type",
            got: code.to_string(),
            expected: "1 normal, 2 unknown, 3 control, 5 unused or 6 byte (4, user-defined, is not supported)",
        }),
        other => Err(wrong_type(key, other.type_name(), "array of i32")),
    };
    array.values().enumerate().map(kind).collect()
}

fn same_length(key: &str, got: usize, vocab: usize) -> Result<(), ImportError> {
    if got == vocab {
        return Ok(());
    }
    Err(ImportError::Value {
        key: key.into(),
        got: format!("{got} elements"),
        expected: format!("{vocab}, one for each token"),
    })
}

/// What each token prints: its text with spaces for marks, a byte token its byte, control and unknown tokens nothing.
fn printed(texts: &[&[u8]], kinds: &[Kind]) -> Result<Texts, ImportError> {
    let mut all = Vec::with_capacity(texts.len());
    for (id, (text, kind)) in texts.iter().zip(kinds).enumerate() {
        all.push(match kind {
            Kind::Normal => unescape(text),
            Kind::Byte => vec![byte_of(id, text)?],
            Kind::Unknown | Kind::Control | Kind::Unused => Vec::new(),
        });
    }
    Ok(Texts::new(all.iter()))
}

/// Spaces in place of marks.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(SPACE_MARK) {
            Some(after) => {
                out.push(b' ');
                rest = after;
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// The byte of a byte token: its text is `<0xNN>`.
fn byte_of(id: usize, text: &[u8]) -> Result<u8, ImportError> {
    let wrong = || ImportError::Token {
        id,
        what: "type 6 (byte) and the text",
        got: String::from_utf8_lossy(text).into_owned(),
        expected: "<0x00> to <0xFF>",
    };
    let digits = text
        .strip_prefix(b"<0x")
        .and_then(|rest| rest.strip_suffix(b">"));
    match digits {
        Some([high, low]) => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let (high, low) = (
                digit(high).ok_or_else(wrong)?,
                digit(low).ok_or_else(wrong)?,
            );
            Ok((high << 4 | low) as u8)
        }
        _ => Err(wrong()),
    }
}

/// The token of each byte; of several the lowest.
fn byte_tokens(texts: &[&[u8]], kinds: &[Kind]) -> Result<Vec<i32>, ImportError> {
    let mut table = vec![-1; 256];
    for (id, (text, kind)) in texts.iter().zip(kinds).enumerate() {
        if *kind != Kind::Byte {
            continue;
        }
        let entry = &mut table[usize::from(byte_of(id, text)?)];
        if *entry < 0 {
            *entry = id as i32;
        }
    }
    Ok(table)
}

fn sorted(texts: &[&[u8]]) -> Vec<i32> {
    let mut by_text = BTreeMap::new();
    for (id, text) in texts
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
    {
        by_text.insert(*text, id as i32);
    }
    by_text.into_values().collect()
}

/// The end tokens without repetition, the file's end token first.
fn ends(fields: Fields, eos: u32, last: u32) -> Result<Vec<u32>, ImportError> {
    let mut ends = vec![eos];
    for key in &END_KEYS[1..] {
        let key = format!("tokenizer.ggml.{key}");
        ends.extend(fields.optional_u32(&key, 0..=last)?);
    }
    ends.dedup();
    Ok(ends)
}

fn flags(fields: Fields) -> Result<u32, ImportError> {
    let settings = [
        ("tokenizer.ggml.add_bos_token", true, FLAG_BOS),
        ("tokenizer.ggml.add_eos_token", false, FLAG_EOS),
        ("tokenizer.ggml.add_space_prefix", true, FLAG_SPACE_PREFIX),
    ];
    let mut flags = 0;
    for (key, default, flag) in settings {
        if fields.truth(key, default)? {
            flags |= flag;
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_print_as_spaces() {
        assert_eq!(
            unescape("\u{2581}a\u{2581}\u{2581}é".as_bytes()),
            " a  é".as_bytes()
        );
        assert_eq!(
            unescape(&[0xe2, 0x96]),
            [0xe2, 0x96],
            "half a mark is no mark"
        );
    }

    #[test]
    fn of_equal_texts_the_last_id_counts() {
        let texts: [&[u8]; 5] = [b"b", b"", b"a", b"b", b"ab"];
        assert_eq!(sorted(&texts), [2, 4, 3]);
    }

    #[test]
    fn byte_tokens_are_read_from_their_text() {
        assert_eq!(byte_of(0, b"<0x0A>").ok(), Some(10));
        for wrong in [&b"<0x0A"[..], b"<0xZZ>", b"<0x+1>", b"0A"] {
            assert!(
                matches!(byte_of(7, wrong), Err(ImportError::Token { id: 7, .. })),
                "{wrong:?}"
            );
        }
    }
}
