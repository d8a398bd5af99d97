//! The small files that lie beside a model's weights where these are safetensors: what the model is, and its tokenizer.

use crate::file::FileError;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The weights' own name in a model's folder.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// What the model is.
pub const CONFIG: &str = "config.json";
/// The tokenizer, as Hugging Face's crate writes it.
pub const TOKENIZER: &str = "tokenizer.json";
/// The vocabulary alone, a token a line.
pub const VOCAB: &str = "vocab.txt";
/// Settings of the tokenizer.
pub const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
/// What is done after the model, as sentence-transformers writes it.
pub const MODULES: &str = "modules.json";
/// Settings of the first of these modules.
pub const SENTENCE: &str = "sentence_bert_config.json";
/// Settings of the second.
pub const POOLING: &str = "1_Pooling/config.json";

/// All of them.
const NAMES: [&str; 7] = [
    CONFIG,
    TOKENIZER,
    VOCAB,
    TOKENIZER_CONFIG,
    MODULES,
    SENTENCE,
    POOLING,
];
/// Bytes of the largest that is read: tokenizers of 250,000 tokens have 17 MB.
pub const MAX_BYTES: usize = 32 << 20;

/// The files that there are, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside(pub BTreeMap<&'static str, Vec<u8>>);

impl Beside {
    /// Reads the files of a folder; what is missing is left out, what is too large is cut, and so no JSON any more.
    pub(crate) fn read(folder: &Path) -> Result<Self, FileError> {
        let mut files = BTreeMap::new();
        for name in NAMES {
            let path = folder.join(name);
            match bytes(&path) {
                Ok(bytes) => drop(files.insert(name, bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(FileError { path, source }),
            }
        }
        Ok(Beside(files))
    }

    /// A file's bytes.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
