//! Vocabularies of WordPiece.

use super::normal::{Form, Normal};
use super::texts::Lexicon;
use super::tokens::{MAX_TOKEN_BYTES, MAX_VOCAB, Tokens};
use crate::ImportError;
use crate::beside::{Beside, TOKENIZER, TOKENIZER_CONFIG, VOCAB};
use crate::fields::{Fields, missing};
use crate::json::{self, Json};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// What begins the text of a token that goes on with a word, where the file doesn't say.
const PREFIX: &str = "##";
/// Characters of the longest word that is looked up, where the file doesn't say.
const MOST_CHARACTERS: u32 = 100;
/// Characters that a file may say: some times more than that.
const MAX_CHARACTERS: u32 = 512;
/// The special tokens of a vocabulary without a list of them: unknown, first and last one, and others.
const SPECIALS: [&str; 5] = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"];

/// What begins the text of a token that begins a word, in GGUF files.
const WORD_MARK: char = '\u{2581}';
/// Lower case without accents.
const UNCASED: Form = Form {
    lowercase: true,
    strip_accents: true,
};

/// A WordPiece vocabulary's tables and settings.
#[derive(Clone, Debug, PartialEq)]
pub struct WordPiece {
    /// One above the highest token.
    pub len: u32,
    /// All tokens, which may begin a word.
    pub words: Lexicon,
    /// Those that go on with a word, without their prefix.
    pub continuations: Lexicon,
    /// The tokens that a prompt names by their text.
    pub specials: Lexicon,
    /// What becomes of characters.
    pub normal: Normal,
    /// Characters of the longest word that is looked up.
    pub most_characters: u32,
    /// The token before a prompt's.
    pub first: u32,
    /// The token after them.
    pub last: u32,
    /// The token of a word that the others don't make.
    pub unk: u32,
}

/// What a file says, before it is made tables.
struct Said<'a> {
    tokens: BTreeMap<Cow<'a, str>, u32>,
    specials: Vec<(Cow<'a, str>, u32)>,
    form: Form,
    prefix: &'a str,
    most_characters: u32,
    /// Unknown, first, last.
    ends: [u32; 3],
}

impl WordPiece {
    /// Reads the tokenizer beside a model.
    ///
    /// # Errors
    /// [`ImportError`] for a file that is missing or malformed, or a tokenizer that isn't BERT's.
    pub fn read(beside: &Beside) -> Result<Self, ImportError> {
        if let Some(value) = json::parse(beside, TOKENIZER)? {
            return tables(&tokenizer(Json::new(TOKENIZER, &value))?);
        }
        let settings = json::parse(beside, TOKENIZER_CONFIG)?.unwrap_or(Value::Null);
        let settings = Json::new(TOKENIZER_CONFIG, &settings);
        for key in ["tokenize_chinese_chars", "do_basic_tokenize"] {
            settings.must_be(key, true)?;
        }
        let form = form(settings, "do_lower_case")?;
        let bytes = beside.get(VOCAB);
        let bytes = bytes.ok_or_else(|| missing(TOKENIZER, "the tokenizer, or vocab.txt"))?;
        let text = str::from_utf8(bytes).map_err(|_| ImportError::Value {
            key: VOCAB.into(),
            got: "other bytes".into(),
            expected: "UTF-8".into(),
        })?;
        tables(&lines(text, form)?)
    }

    /// Reads the tokenizer of a GGUF file. Such a file doesn't say what becomes of characters: lower case without accents, as llama.cpp has it.
    ///
    /// # Errors
    /// [`ImportError`] for one that is malformed or isn't BERT's.
    pub(crate) fn of_gguf(fields: Fields<'_, '_>) -> Result<Self, ImportError> {
        fields.one_of("tokenizer.ggml.model", &["bert"])?;
        let tokens = Tokens::read(fields)?;
        let find = |keys: &[&'static str], text: &str| -> Result<u32, ImportError> {
            for key in keys {
                if let Some(id) = tokens.id(fields, key)? {
                    return Ok(id);
                }
            }
            let found = tokens.iter().find(|(_, own, _)| *own == text.as_bytes());
            let (id, _, _) = found.ok_or_else(|| missing(keys[0], "a token"))?;
            Ok(id as u32)
        };
        let ends = [
            find(&["unknown_token_id"], SPECIALS[0])?,
            find(&["cls_token_id", "bos_token_id"], SPECIALS[1])?,
            find(&["seperator_token_id", "eos_token_id"], SPECIALS[2])?,
        ];
        let mut texts = BTreeMap::new();
        let mut specials = Vec::new();
        for (id, text, kind) in tokens.iter() {
            let whole = str::from_utf8(text).map_err(|_| ImportError::Token {
                id,
                what: "a text of",
                got: "other bytes".into(),
                expected: "UTF-8",
            })?;
            if kind.is_named() {
                specials.push((Cow::Borrowed(whole), id as u32));
            }
            texts.insert(unmarked(whole), id as u32);
        }
        tables(&Said {
            tokens: texts,
            specials,
            form: UNCASED,
            prefix: PREFIX,
            most_characters: MOST_CHARACTERS,
            ends,
        })
    }
}

/// What `tokenizer.json` says.
fn tokenizer(file: Json<'_>) -> Result<Said<'_>, ImportError> {
    let normalizer = file.member("normalizer", "BERT's normalizer")?;
    normalizer.one_of("type", &["BertNormalizer"])?;
    for key in ["clean_text", "handle_chinese_chars"] {
        normalizer.must_be(key, true)?;
    }
    let words = file.member("pre_tokenizer", "BERT's pre-tokenizer")?;
    words.one_of("type", &["BertPreTokenizer"])?;
    let model = file.member("model", "a WordPiece model")?;
    model.one_of("type", &["WordPiece"])?;
    let vocab = model.member("vocab", "tokens")?;
    let vocab = vocab.value.as_object();
    let vocab = vocab.ok_or_else(|| model.refused("vocab", "an object of tokens"))?;
    let mut tokens = BTreeMap::new();
    for (text, id) in vocab {
        tokens.insert(Cow::from(text.as_str()), token_id(id, text)?);
    }
    let specials = specials(file)?;
    let unk = model.text("unk_token")?;
    let unk = tokens.get(unk).copied();
    let [first, last] = ends(file, &tokens)?;
    Ok(Said {
        specials,
        form: form(normalizer, "lowercase")?,
        prefix: match model.get("continuing_subword_prefix") {
            Some(_) => model.text("continuing_subword_prefix")?,
            None => PREFIX,
        },
        most_characters: model.u32_or(
            "max_input_chars_per_word",
            1..=MAX_CHARACTERS,
            MOST_CHARACTERS,
        )?,
        ends: [
            unk.ok_or_else(|| model.refused("unk_token", "a token"))?,
            first,
            last,
        ],
        tokens,
    })
}

/// What becomes of characters. Accents go where nobody says whether they do, but letters become lower case.
fn form(settings: Json<'_>, lowercase: &'static str) -> Result<Form, ImportError> {
    let lowercase = settings.truth(lowercase)?.unwrap_or(true);
    Ok(Form {
        lowercase,
        strip_accents: settings.truth("strip_accents")?.unwrap_or(lowercase),
    })
}

/// A token's text as `vocab.txt` has it, from GGUF's: there those that begin words are marked, here those that go on with them.
fn unmarked(text: &str) -> Cow<'_, str> {
    if let Some(word) = text.strip_prefix(WORD_MARK) {
        return word.into();
    }
    match text.starts_with('[') && text.ends_with(']') {
        true => text.into(),
        false => format!("{PREFIX}{text}").into(),
    }
}

/// The added tokens, which a text names as they are.
fn specials(file: Json<'_>) -> Result<Vec<(Cow<'_, str>, u32)>, ImportError> {
    let mut specials = Vec::new();
    if file.get("added_tokens").is_none() {
        return Ok(specials);
    }
    for value in file.array("added_tokens")? {
        let token = Json::new("tokenizer.json: added_tokens", value);
        for key in ["single_word", "lstrip", "rstrip", "normalized"] {
            token.must_be(key, false)?;
        }
        let text = token.text("content")?;
        let id = value.get("id").unwrap_or(&Value::Null);
        specials.push((text.into(), token_id(id, text)?));
    }
    Ok(specials)
}

/// The tokens at a text's ends, by the template: one before, one after.
fn ends(file: Json<'_>, tokens: &BTreeMap<Cow<'_, str>, u32>) -> Result<[u32; 2], ImportError> {
    let template = file.member("post_processor", "a template or BERT's ends")?;
    let find = |text: &str| tokens.get(text).copied();
    let found = match template.text("type")? {
        "TemplateProcessing" => {
            let single = template.array("single")?;
            let special =
                |place: usize| single.get(place)?.get("SpecialToken")?.get("id")?.as_str();
            let is_text = |place: usize| {
                single
                    .get(place)
                    .is_some_and(|part| part.get("Sequence").is_some())
            };
            let is_first = |part: &Value| {
                let part = part.get("SpecialToken").or(part.get("Sequence"));
                part.and_then(|part| part.get("type_id"))
                    .is_none_or(|id| id == 0)
            };
            let is_plain = single.len() == 3 && is_text(1) && single.iter().all(is_first);
            [special(0), special(2)].map(|text| text.filter(|_| is_plain).and_then(find))
        }
        "BertProcessing" => ["cls", "sep"].map(|key| {
            let pair = template.get(key)?.value;
            find(pair.get(0)?.as_str()?)
        }),
        _ => return Err(template.refused("type", "TemplateProcessing or BertProcessing")),
    };
    match found {
        [Some(first), Some(last)] => Ok([first, last]),
        _ => Err(template.refused("single", "a token, the text, a token")),
    }
}

/// A vocabulary with a token a line.
fn lines(text: &str, form: Form) -> Result<Said<'_>, ImportError> {
    let mut tokens = BTreeMap::new();
    for (id, line) in text.lines().enumerate() {
        let id = token_id(&Value::from(id), line)?;
        tokens.insert(Cow::from(line.trim_end()), id);
    }
    let find = |text: &'static str| {
        let id = tokens.get(text).copied();
        id.ok_or_else(|| missing(&format!("{VOCAB}: {text}"), "a token"))
    };
    Ok(Said {
        specials: SPECIALS
            .iter()
            .filter_map(|text| Some(((*text).into(), *tokens.get(*text)?)))
            .collect(),
        form,
        prefix: PREFIX,
        most_characters: MOST_CHARACTERS,
        ends: [find(SPECIALS[0])?, find(SPECIALS[1])?, find(SPECIALS[2])?],
        tokens,
    })
}

/// The id of a token whose text is not too long.
fn token_id(id: &Value, text: &str) -> Result<u32, ImportError> {
    let wrong = |what, got: String, expected| ImportError::Token {
        id: id.as_u64().unwrap_or(0) as usize,
        what,
        got,
        expected,
    };
    if text.len() > MAX_TOKEN_BYTES {
        let got = format!("{} bytes", text.len());
        return Err(wrong("a text of", got, "at most 1024"));
    }
    id.as_u64()
        .and_then(|id| u32::try_from(id).ok())
        .filter(|id| (*id as usize) < MAX_VOCAB)
        .ok_or_else(|| wrong("the number", id.to_string(), "0 to 262143"))
}

fn tables(said: &Said<'_>) -> Result<WordPiece, ImportError> {
    let pairs = || said.tokens.iter().map(|(text, id)| (&**text, *id));
    let continuing = pairs().filter_map(|(text, id)| Some((text.strip_prefix(said.prefix)?, id)));
    let specials = || said.specials.iter().map(|(text, id)| (&**text, *id));
    let highest = pairs().chain(specials()).map(|(_, id)| id).max();
    let [unk, first, last] = said.ends;
    Ok(WordPiece {
        len: highest.map_or(0, |id| id + 1),
        words: lexicon(pairs()),
        continuations: lexicon(continuing),
        specials: lexicon(specials()),
        normal: Normal::bert(said.form),
        most_characters: said.most_characters,
        first,
        last,
        unk,
    })
}

fn lexicon<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> Lexicon {
    Lexicon::new(tokens.map(|(text, id)| (text.as_bytes(), id as usize)))
}
