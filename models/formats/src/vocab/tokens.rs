//! What every tokenizer's metadata has: texts and kinds of tokens, which of them begin and end.

use super::texts::Lexicon;
use crate::ImportError;
use crate::fields::{Fields, wrong_type};
use crate::gguf::{Array, Value};

/// Most tokens: what the sampler's scratch memory holds.
pub(super) const MAX_VOCAB: usize = gavel_program::boot::SCRATCH_WORDS;
/// Bytes of a token's text: the longest of published vocabularies have 256 (runs of spaces).
pub(super) const MAX_TOKEN_BYTES: usize = 1024;
/// Keys under `tokenizer.ggml.` whose tokens end an answer, after the end token itself.
const END_KEYS: [&str; 2] = ["eot_token_id", "eom_token_id"];

/// Kinds of tokens, by the format's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    /// Whether a prompt names such tokens by their text: those that llama.cpp parses as special ones.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Kind::Control | Kind::UserDefined | Kind::Unknown)
    }
}

/// Texts and kinds by id, as in the file.
pub(super) struct Tokens<'a> {
    pub(super) texts: Vec<&'a [u8]>,
    pub(super) kinds: Vec<Kind>,
}

impl<'a> Tokens<'a> {
    /// Reads them.
    pub(super) fn read(fields: Fields<'_, 'a>) -> Result<Self, ImportError> {
        let texts = texts(fields.array("tokenizer.ggml.tokens")?)?;
        let kinds = kinds(fields, texts.len())?;
        Ok(Tokens { texts, kinds })
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Ids, texts and kinds.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &'a [u8], Kind)> {
        let pairs = self.texts.iter().zip(&self.kinds).enumerate();
        pairs.map(|(id, (text, kind))| (id, *text, *kind))
    }

    /// The tokens that a prompt names by their text.
    pub(super) fn specials(&self) -> Lexicon {
        let named = self.iter().filter(|(_, _, kind)| kind.is_named());
        Lexicon::new(named.map(|(id, text, _)| (text, id)))
    }

    /// The token that a key names.
    pub(super) fn id(&self, fields: Fields, key: &str) -> Result<Option<u32>, ImportError> {
        let key = format!("tokenizer.ggml.{key}");
        fields.optional_u32(&key, 0..=self.len() as u32 - 1)
    }

    /// The end tokens without repetition, `eos` first.
    pub(super) fn ends(&self, fields: Fields, eos: u32) -> Result<Vec<u32>, ImportError> {
        let mut ends = vec![eos];
        for key in END_KEYS {
            let found = self.id(fields, key)?;
            ends.extend(found.filter(|id| !ends.contains(id)));
        }
        Ok(ends)
    }
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
        Value::Integer(4) => Ok(Kind::UserDefined),
        Value::Integer(5) => Ok(Kind::Unused),
        Value::Integer(6) => Ok(Kind::Byte),
        Value::Integer(code) => Err(ImportError::Token {
            id,
            what: "type",
            got: code.to_string(),
            expected: "1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused or 6 byte",
        }),
        other => Err(wrong_type(key, other.type_name(), "array of i32")),
    };
    array.values().enumerate().map(kind).collect()
}

/// An array must have one element for each token.
pub(super) fn same_length(key: &str, got: usize, vocab: usize) -> Result<(), ImportError> {
    if got == vocab {
        return Ok(());
    }
    Err(ImportError::Value {
        key: key.into(),
        got: format!("{got} elements"),
        expected: format!("{vocab}, one for each token"),
    })
}

/// The flags among `settings` (key under `tokenizer.ggml.`, default, flag) that are set.
pub(super) fn flags(fields: Fields, settings: &[(&str, bool, u32)]) -> Result<u32, ImportError> {
    let mut flags = 0;
    for (key, default, flag) in settings {
        if fields.truth(&format!("tokenizer.ggml.{key}"), *default)? {
            flags |= flag;
        }
    }
    Ok(flags)
}
