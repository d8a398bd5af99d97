//! Vocabularies of byte-level BPE: tokens are bytes written in an alphabet of 256 visible characters.

use super::classes::Classes;
use super::texts::{Lexicon, Texts};
use super::tokens::{Kind, MAX_TOKEN_BYTES, Tokens, flags};
use super::{Model, Vocab};
use crate::ImportError;
use crate::fields::{Fields, missing, wrong_type};
use crate::gguf::Value;
use gavel_program::Pretokenizer;
use gavel_program::op::{FLAG_BOS, FLAG_EOS, NO_TOKEN};
use std::collections::HashMap;

/// Most merges: published vocabularies have at most 500,000.
const MAX_MERGES: usize = 1 << 21;
/// Pre-tokenizers by the names that files give them: the first three are those of the models, the rest share their pattern.
const PRETOKENIZERS: [(&str, Pretokenizer); 23] = [
    ("gpt-2", Pretokenizer::Gpt2),
    ("llama-bpe", Pretokenizer::Llama3),
    ("qwen2", Pretokenizer::Qwen2),
    ("a.x-4.0", Pretokenizer::Gpt2),
    ("exaone4", Pretokenizer::Gpt2),
    ("gigachat", Pretokenizer::Gpt2),
    ("jina-de", Pretokenizer::Gpt2),
    ("jina-es", Pretokenizer::Gpt2),
    ("jina-v2-de", Pretokenizer::Gpt2),
    ("jina-v2-es", Pretokenizer::Gpt2),
    ("mellum", Pretokenizer::Gpt2),
    ("phi-2", Pretokenizer::Gpt2),
    ("falcon-h1", Pretokenizer::Llama3),
    ("falcon3", Pretokenizer::Llama3),
    ("lfm2", Pretokenizer::Llama3),
    ("llama-v3", Pretokenizer::Llama3),
    ("llama3", Pretokenizer::Llama3),
    ("midm-2.0", Pretokenizer::Llama3),
    ("pixtral", Pretokenizer::Llama3),
    ("deepseek-r1-qwen", Pretokenizer::Qwen2),
    ("f2llmv2", Pretokenizer::Qwen2),
    ("kormo", Pretokenizer::Qwen2),
    ("megrez", Pretokenizer::Qwen2),
];

/// What byte-level BPE looks up.
#[derive(Clone, Debug, PartialEq)]
pub struct ByteLevel {
    /// How a text falls apart into words.
    pub pretokenizer: Pretokenizer,
    /// Classes of characters.
    pub classes: Classes,
    /// The token of each byte, -1 where there is none.
    pub byte_tokens: Vec<i32>,
    /// Left token, right token and rank of each merge, by rising left and right.
    pub merges: Vec<[u32; 3]>,
    /// What the merge of each rank makes.
    pub results: Vec<u32>,
    /// Words that are tokens and not merged: all of Llama 3's, none of the others'.
    pub whole: Lexicon,
}

/// Reads the vocabulary.
pub(super) fn read(fields: Fields, tokens: &Tokens) -> Result<Vocab, ImportError> {
    let pretokenizer = pretokenizer(fields)?;
    let bytes = bytes_of(tokens)?;
    let llama = pretokenizer == Pretokenizer::Llama3;
    let (merges, results) = merges(fields, tokens)?;
    let eos = tokens.id(fields, "eos_token_id")?;
    let eos = eos.ok_or_else(|| missing("tokenizer.ggml.eos_token_id", "an integer"))?;
    let normal = || {
        let pairs = tokens.iter().zip(&bytes);
        pairs.filter(|((_, _, kind), _)| *kind == Kind::Normal)
    };
    let model = ByteLevel {
        pretokenizer,
        classes: Classes::unicode(),
        byte_tokens: byte_tokens(normal().map(|((id, ..), bytes)| (id, bytes.as_slice()))),
        merges,
        results,
        whole: Lexicon::new(
            normal()
                .filter(|_| llama)
                .map(|((id, ..), bytes)| (bytes, id)),
        ),
    };
    Ok(Vocab {
        printed: Texts::new(bytes.iter()),
        specials: tokens.specials(),
        bos: tokens.id(fields, "bos_token_id")?.unwrap_or(NO_TOKEN),
        ends: tokens.ends(fields, eos)?,
        flags: flags(
            fields,
            &[
                ("add_bos_token", llama, FLAG_BOS),
                ("add_eos_token", false, FLAG_EOS),
            ],
        )?,
        texts: Texts::new(tokens.texts.iter()),
        model: Model::ByteLevel(model),
    })
}

fn pretokenizer(fields: Fields) -> Result<Pretokenizer, ImportError> {
    let names = PRETOKENIZERS.map(|(name, _)| name);
    let place = fields.one_of("tokenizer.ggml.pre", &names)?;
    Ok(PRETOKENIZERS[place].1)
}

/// What each token prints: normal tokens their bytes, user-defined ones their text, others nothing. A normal token whose text is
/// not in the alphabet is its text.
fn bytes_of(tokens: &Tokens) -> Result<Vec<Vec<u8>>, ImportError> {
    let alphabet: HashMap<char, u8> = (0..=255).map(|byte| (letter(byte), byte)).collect();
    let decode = |text: &[u8]| -> Option<Vec<u8>> {
        let text = str::from_utf8(text).ok()?;
        text.chars()
            .map(|letter| alphabet.get(&letter).copied())
            .collect()
    };
    let bytes = |(id, text, kind): (usize, &[u8], Kind)| match kind {
        Kind::Normal => Ok(decode(text).unwrap_or_else(|| text.to_vec())),
        Kind::UserDefined => Ok(text.to_vec()),
        Kind::Control | Kind::Unknown | Kind::Unused => Ok(Vec::new()),
        Kind::Byte => Err(ImportError::Token {
            id,
            what: "type",
            got: "6 (byte)".into(),
            expected: "another in a vocabulary of byte-level BPE",
        }),
    };
    tokens.iter().map(bytes).collect()
}

/// The character that stands for a byte: itself if it is visible in Latin-1, else the next of those from U+0100 on.
fn letter(byte: u8) -> char {
    let visible = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if visible(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|byte| !visible(*byte)).count();
    char::from_u32(0x100 + before as u32).expect("256 code points from U+0100 on are characters")
}

/// The token of each byte; of several the last.
fn byte_tokens<'a>(tokens: impl Iterator<Item = (usize, &'a [u8])>) -> Vec<i32> {
    let mut table = vec![-1; 256];
    for (id, bytes) in tokens {
        if let [byte] = bytes {
            table[usize::from(*byte)] = id as i32;
        }
    }
    table
}

/// Rows of the merges, and what they make by rank.
fn merges(fields: Fields, tokens: &Tokens) -> Result<(Vec<[u32; 3]>, Vec<u32>), ImportError> {
    let key = "tokenizer.ggml.merges";
    let array = fields.array(key)?;
    if array.len() > MAX_MERGES {
        return Err(ImportError::Value {
            key: key.into(),
            got: format!("{} merges", array.len()),
            expected: format!("at most {MAX_MERGES}"),
        });
    }
    let by_text = by_text(tokens);
    let (mut rows, mut results) = (Vec::new(), Vec::new());
    for (rank, value) in array.values().enumerate() {
        let Value::String(merge) = value else {
            return Err(wrong_type(key, value.type_name(), "array of strings"));
        };
        let [left, right, result] = parts(merge, &by_text).ok_or_else(|| {
            bad_merge(
                rank,
                merge,
                "two tokens that make a third, with a space between",
            )
        })?;
        rows.push([left, right, rank as u32]);
        results.push(result);
    }
    rows.sort_unstable();
    match rows.windows(2).find(|pair| pair[0][..2] == pair[1][..2]) {
        None => Ok((rows, results)),
        Some(pair) => {
            let text = format!("tokens {} and {} again", pair[0][0], pair[0][1]);
            Err(bad_merge(
                pair[1][2] as usize,
                text.as_bytes(),
                "each pair once",
            ))
        }
    }
}

/// Tokens by their text in the file, normal ones before others, of equal ones the last.
fn by_text<'a>(tokens: &Tokens<'a>) -> HashMap<&'a [u8], u32> {
    let of = |normal: bool| {
        let chosen = tokens
            .iter()
            .filter(move |(_, _, kind)| (*kind == Kind::Normal) == normal);
        chosen.map(|(id, text, _)| (text, id as u32))
    };
    of(false).chain(of(true)).collect()
}

/// Left, right and resulting token of a merge: its parts are separated by the first space after the first byte.
fn parts(merge: &[u8], by_text: &HashMap<&[u8], u32>) -> Option<[u32; 3]> {
    if merge.len() > 2 * MAX_TOKEN_BYTES + 1 {
        return None;
    }
    let space = 1 + merge.iter().skip(1).position(|byte| *byte == b' ')?;
    let (left, right) = (&merge[..space], &merge[space + 1..]);
    let id = |text: &[u8]| by_text.get(text).copied();
    Some([id(left)?, id(right)?, id(&[left, right].concat())?])
}

fn bad_merge(rank: usize, got: &[u8], expected: &'static str) -> ImportError {
    ImportError::Merge {
        rank,
        got: String::from_utf8_lossy(got).chars().take(64).collect(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_a_letter_for_each_byte() {
        for (byte, expected) in [
            (0, 'Ā'),
            (b'\n', 'Ċ'),
            (b' ', 'Ġ'),
            (b'!', '!'),
            (b'~', '~'),
            (0x7F, 'ġ'),
            (0xA0, 'ł'),
            (0xA1, '¡'),
            (0xAD, 'Ń'),
            (0xFF, 'ÿ'),
        ] {
            assert_eq!(letter(byte), expected, "{byte:#x}");
        }
    }
}
