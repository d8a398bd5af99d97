//! Vocabularies of SentencePiece kind.

use super::texts::Texts;
use super::tokens::{Kind, Tokens, flags, same_length};
use super::{Model, Vocab};
use crate::ImportError;
use crate::fields::{Fields, wrong_type};
use crate::gguf::{Array, Value};
use gavel_program::op::{FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX};
use std::collections::BTreeMap;

/// U+2581, which stands for a space in a vocabulary.
const SPACE_MARK: &[u8] = "\u{2581}".as_bytes();
/// Token ids of a file that doesn't name them: unknown, BOS and end of the SentencePiece trainer.
const DEFAULT_IDS: [u32; 3] = [0, 1, 2];

/// What SentencePiece's merges look up.
#[derive(Clone, Debug, PartialEq)]
pub struct SentencePiece {
    /// Scores by id.
    pub scores: Vec<f32>,
    /// Ids by rising text (as bytes), one for each distinct text that isn't empty: the highest id of those that share it.
    pub sorted: Vec<i32>,
    /// The token of each byte, -1 where there is none.
    pub byte_tokens: Vec<i32>,
    /// The token of what the vocabulary can't express.
    pub unk: u32,
}

/// Reads the vocabulary.
pub(super) fn read(fields: Fields, tokens: &Tokens) -> Result<Vocab, ImportError> {
    refuse_normalizers(fields)?;
    let scores = scores(fields.array("tokenizer.ggml.scores")?, tokens.len())?;
    let last = tokens.len() as u32 - 1;
    let id = |key: &str, default: u32| {
        let found = tokens.id(fields, key)?;
        Ok::<u32, ImportError>(found.unwrap_or(default.min(last)))
    };
    Ok(Vocab {
        printed: printed(tokens)?,
        specials: tokens.specials(),
        bos: id("bos_token_id", DEFAULT_IDS[1])?,
        ends: tokens.ends(fields, id("eos_token_id", DEFAULT_IDS[2])?)?,
        flags: flags(
            fields,
            &[
                ("add_bos_token", true, FLAG_BOS),
                ("add_eos_token", false, FLAG_EOS),
                ("add_space_prefix", true, FLAG_SPACE_PREFIX),
            ],
        )?,
        texts: Texts::new(tokens.texts.iter()),
        model: Model::SentencePiece(SentencePiece {
            sorted: sorted(&tokens.texts),
            byte_tokens: byte_tokens(tokens)?,
            unk: id("unknown_token_id", DEFAULT_IDS[0])?,
            scores,
        }),
    })
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

/// What each token prints: its text with spaces for marks, a user-defined one its text as it is, a byte token its byte, others nothing.
fn printed(tokens: &Tokens) -> Result<Texts, ImportError> {
    let mut all = Vec::with_capacity(tokens.len());
    for (id, text, kind) in tokens.iter() {
        all.push(match kind {
            Kind::Normal => unescape(text),
            Kind::UserDefined => text.to_vec(),
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
fn byte_tokens(tokens: &Tokens) -> Result<Vec<i32>, ImportError> {
    let mut table = vec![-1; 256];
    for (id, text, kind) in tokens.iter() {
        if kind != Kind::Byte {
            continue;
        }
        let entry = &mut table[usize::from(byte_of(id, text)?)];
        if *entry < 0 {
            *entry = id as i32;
        }
    }
    Ok(table)
}

/// Ids by rising text, the last of those that share one.
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
