//! Vocabularies, as the tables that the tokenizing operators read.

mod byte_level;
mod classes;
mod normal;
mod sentence_piece;
mod texts;
mod tokens;
mod word_piece;

pub use byte_level::ByteLevel;
pub use classes::Classes;
pub use normal::{Form, Normal};
pub use sentence_piece::SentencePiece;
pub use texts::{Lexicon, Texts};
pub use word_piece::WordPiece;

use crate::ImportError;
use crate::fields::Fields;
use tokens::Tokens;

/// A vocabulary's tables and settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocab {
    /// Texts by id, as in the file.
    pub texts: Texts,
    /// Texts by id as a token prints them.
    pub printed: Texts,
    /// The tokens that a prompt names by their text: control, unknown and user-defined ones.
    pub specials: Lexicon,
    /// The token that begins a prompt, [`NO_TOKEN`](gavel_program::op::NO_TOKEN) if there is none.
    pub bos: u32,
    /// The tokens that end an answer, at least one.
    pub ends: Vec<u32>,
    /// FLAG_* of [`gavel_program::op`].
    pub flags: u32,
    /// How text becomes tokens.
    pub model: Model,
}

/// How text becomes tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// By merging neighbours that make a token, the highest score first.
    SentencePiece(SentencePiece),
    /// By merging bytes in words, the lowest rank first.
    ByteLevel(ByteLevel),
}

impl Vocab {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Reads the vocabulary of a file's metadata.
    pub(crate) fn read(fields: Fields) -> Result<Self, ImportError> {
        match fields.one_of("tokenizer.ggml.model", &["llama", "gpt2"])? {
            0 => sentence_piece::read(fields, &Tokens::read(fields)?),
            _ => byte_level::read(fields, &Tokens::read(fields)?),
        }
    }
}
