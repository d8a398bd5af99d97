//! WordPiece tokenizers, one of a vocabulary that is made here.

use crate::runner::{CAPACITIES, Operators};
use gavel_formats::Beside;
use gavel_formats::beside::TOKENIZER;
use gavel_formats::vocab::WordPiece;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// Tokens that are no text, first.
const SPECIALS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/// Parts of words, which begin and go on with them.
const PARTS: [&str; 24] = [
    "the", "and", "hello", "world", "token", "izer", "ing", "ation", "http", "don", "let", "mut",
    "strasse", "naive", "ecole", "мос", "ква", "ab", "abc", "bcd", "zz", "日本", "ss", "st",
];
/// Characters that are tokens, and the same as parts of words: first and last, and of how many one is.
const CHARACTERS: [(u32, u32, usize); 12] = [
    (0x21, 0x7E, 1),
    (0xA1, 0x24F, 1),
    (0x300, 0x36F, 2),
    (0x370, 0x5F4, 1),
    (0x600, 0x1FFF, 3),
    (0x2000, 0x2BFF, 5),
    (0x2C00, 0x33FF, 3),
    (0x4E00, 0x9FFF, 7),
    (0xA000, 0xABFF, 5),
    (0x1100, 0x11FF, 1),
    (0xF900, 0xFFFD, 11),
    (0x1_0000, 0x1_F9FF, 13),
];

/// Forms of the normalizer: whether letters become lower case, and what is said of accents.
pub(crate) const FORMS: [(bool, Option<bool>); 4] = [
    (true, None),
    (true, Some(false)),
    (false, Some(true)),
    (false, None),
];

/// A `tokenizer.json` like BERT's, with a vocabulary of its own.
pub(crate) fn made() -> Vec<u8> {
    made_as(FORMS[0])
}

/// The same with another form of the normalizer.
pub(crate) fn made_as((lowercase, strip_accents): (bool, Option<bool>)) -> Vec<u8> {
    let mut vocab = Map::new();
    let mut add = |text: String| {
        let next = vocab.len();
        vocab.entry(text).or_insert(json!(next));
    };
    SPECIALS.iter().for_each(|text| add((*text).into()));
    let parts = PARTS.iter().map(|part| (*part).to_owned());
    let characters = CHARACTERS.iter().flat_map(|(first, last, every)| {
        let codes = (*first..=*last).step_by(*every);
        codes.filter_map(char::from_u32).map(String::from)
    });
    for text in parts.chain(characters).collect::<Vec<_>>() {
        add(format!("##{text}"));
        add(text);
    }
    let special = |(id, text): (usize, &&str)| json!({"id": id, "special": true, "content": text, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false});
    let part = |id: &str| json!({"SpecialToken": {"id": id, "type_id": 0}});
    let ends = |text: &str| json!({"id": text, "ids": [vocab[text]], "tokens": [text]});
    let file = json!({
        "version": "1.0",
        "added_tokens": SPECIALS.iter().enumerate().map(special).collect::<Vec<_>>(),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": strip_accents, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [part("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, part("[SEP]")],
            "pair": [],
            "special_tokens": {"[CLS]": ends("[CLS]"), "[SEP]": ends("[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 30, "vocab": vocab},
    });
    file.to_string().into_bytes()
}

/// A tokenizer, run by the operators.
pub(crate) struct Bert {
    pub(crate) vocab: WordPiece,
    operators: Operators,
}

impl Bert {
    /// The tokenizer that a `tokenizer.json` describes.
    pub(crate) fn new(file: Vec<u8>) -> Self {
        let vocab = WordPiece::read(&Beside(BTreeMap::from([(TOKENIZER, file)])));
        let vocab = vocab.expect("the tokenizer is supported");
        Bert {
            operators: Operators::new(vocab.tables()),
            vocab,
        }
    }

    /// A text's ids, at most `limit`.
    pub(crate) fn ids(&mut self, text: &[u8], limit: u32) -> Vec<u32> {
        self.operators
            .ids(self.vocab.tokenizers(CAPACITIES, limit), text)
    }

    /// All ids of a text.
    pub(crate) fn all_ids(&mut self, text: &[u8]) -> Vec<u32> {
        self.ids(text, CAPACITIES.tokens)
    }
}

/// Texts of the special tokens.
pub(crate) fn specials() -> Vec<String> {
    SPECIALS.iter().map(|text| (*text).into()).collect()
}
