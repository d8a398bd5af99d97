//! A model's folder: changes to its weights and configuration, and to its tokenizer, beside files that are whole.

use crate::json;
use crate::mutate::{Draw, anywhere, number, text};
use gavel_fixtures::RandomBert;
use gavel_fixtures::random::BertStorage;
use gavel_formats::beside::{CONFIG, TOKENIZER, VOCAB};
use gavel_formats::{Beside, ModelFile};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Bytes of the length at the front of safetensors.
const LENGTH: usize = 8;

/// As small as an encoder gets.
const MODEL: RandomBert = RandomBert {
    dim: 4,
    layers: 1,
    heads: 1,
    ffn: 4,
    positions: 8,
    ..RandomBert::SMALL
};

fn beside() -> BTreeMap<&'static str, Vec<u8>> {
    MODEL.beside().into_iter().collect()
}

fn opened(weights: &[u8], beside: BTreeMap<&'static str, Vec<u8>>) -> Arc<ModelFile> {
    ModelFile::from_bytes(weights).with_beside(Beside(beside))
}

/// Whether it is meant as JSON.
fn is_json(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'{')
}

/// A folder with these weights, or with this configuration.
pub(crate) fn open_model(bytes: &[u8]) -> Arc<ModelFile> {
    let mut beside = beside();
    if is_json(bytes) {
        beside.insert(CONFIG, bytes.to_vec());
        return opened(&MODEL.weights(), beside);
    }
    opened(bytes, beside)
}

/// Weights and configurations of small models.
pub(crate) fn whole_models() -> Vec<Vec<u8>> {
    let stored = |storage| RandomBert { storage, ..MODEL }.weights();
    let mut whole: Vec<Vec<u8>> = [BertStorage::F32, BertStorage::F16, BertStorage::BF16]
        .map(stored)
        .into();
    whole.push(beside()[CONFIG].clone());
    whole
}

/// A changed file: its table of contents, or bytes wherever they fall.
pub(crate) fn model_mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    if is_json(file) {
        let lent = if is_json(other) { other } else { &[] };
        return json::mutant(file, lent, draw);
    }
    let Some((table, data)) = parts(file) else {
        let mut changed = file.to_vec();
        anywhere(&mut changed, draw);
        return changed;
    };
    let lent = parts(other).map_or(&[][..], |(table, _)| table);
    let table = match draw.below(8) {
        0 => table.to_vec(),
        _ => json::mutant(table, lent, draw),
    };
    let mut changed = (table.len() as u64).to_le_bytes().to_vec();
    changed.extend(table);
    changed.extend(data);
    match draw.below(8) {
        0 => number(&mut changed[..LENGTH], draw),
        1 => anywhere(&mut changed, draw),
        2 => changed.resize(changed.len() + draw.below(1 << 12), 0),
        _ => {}
    }
    changed
}

/// The table of contents and what follows it.
fn parts(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = file.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)
}

/// A folder with this tokenizer: `tokenizer.json`, or a vocabulary of lines.
pub(crate) fn open_tokenizer(bytes: &[u8]) -> Arc<ModelFile> {
    let mut beside = beside();
    match is_json(bytes) {
        true => drop(beside.insert(TOKENIZER, bytes.to_vec())),
        false => {
            beside.remove(TOKENIZER);
            beside.insert(VOCAB, bytes.to_vec());
        }
    }
    opened(&MODEL.weights(), beside)
}

/// Small tokenizers: one that says everything, one with the other form of ends, a vocabulary of lines.
pub(crate) fn whole_tokenizers() -> Vec<Vec<u8>> {
    let whole = beside().remove(TOKENIZER).expect("a model has one");
    let value: Value = serde_json::from_slice(&whole).expect("it is JSON");
    let mut other = value.clone();
    other["post_processor"] =
        serde_json::json!({"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]});
    let vocab = value["model"]["vocab"].as_object().expect("it has tokens");
    let mut lines: Vec<(u64, &String)> = vocab
        .iter()
        .map(|(text, id)| (id.as_u64().expect("a number"), text))
        .collect();
    lines.sort_unstable();
    let lines: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
    vec![
        whole,
        other.to_string().into_bytes(),
        lines.join("\n").into_bytes(),
    ]
}

/// A changed file.
pub(crate) fn tokenizer_mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    if is_json(file) {
        let lent = if is_json(other) { other } else { &[] };
        return json::mutant(file, lent, draw);
    }
    let mut lines: Vec<Vec<u8>> = file.split(|byte| *byte == b'\n').map(Vec::from).collect();
    for _ in 0..1 + draw.below(4) {
        let at = draw.below(lines.len());
        match draw.below(6) {
            0 => lines[at].clear(),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at].extend([b'#'; 700]),
            3 if lines.len() > 1 => drop(lines.remove(at)),
            4 => anywhere(&mut lines[at], draw),
            _ => text(&mut lines[at], draw),
        }
    }
    lines.join(&b'\n')
}
