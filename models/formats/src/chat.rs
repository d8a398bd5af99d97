//! What a file says of conversations.

use crate::gguf::Value;
use crate::{Gguf, ImportError, ModelFile, Vocab, vocabulary};
use gavel_program::op::{FLAG_BOS, NO_TOKEN};

/// What a client needs to make a prompt of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// The file's template, if it has one: a text in Jinja's language.
    pub template: Option<String>,
    /// The text of the token that begins a prompt; empty if there is none.
    pub bos: String,
    /// The text of the token that ends an answer.
    pub eos: String,
    /// Whether the tokenizer puts BOS before a prompt by itself.
    pub adds_bos: bool,
}

impl Chat {
    /// Reads what a file says.
    ///
    /// # Errors
    /// As [`import`](crate::import), as far as the vocabulary goes.
    pub fn read(file: &ModelFile) -> Result<Self, ImportError> {
        let vocab = vocabulary(file)?;
        let gguf = Gguf::parse(file.bytes())?;
        let template = match gguf.metadata.get("tokenizer.chat_template") {
            Some(Value::String(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        };
        Ok(Chat {
            template,
            bos: text(&vocab, vocab.bos),
            eos: text(&vocab, vocab.ends[0]),
            adds_bos: vocab.flags & FLAG_BOS != 0,
        })
    }
}

fn text(vocab: &Vocab, token: u32) -> String {
    match token {
        NO_TOKEN => String::new(),
        token => String::from_utf8_lossy(vocab.texts.get(token as usize)).into_owned(),
    }
}
