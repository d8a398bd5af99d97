//! A tokenizer to compare with: strings in vectors, all pairs looked at again for each merge.

use crate::vocabulary::Vocabulary;
use std::collections::HashMap;

/// Token ids of `prompt`, without BOS and end token.
pub(crate) fn tokenize(vocabulary: &Vocabulary, prefix: bool, prompt: &[u8]) -> Vec<u32> {
    let ids: HashMap<&[u8], u32> = vocabulary
        .tokens
        .iter()
        .zip(0..)
        .map(|((text, _), id)| (text.as_slice(), id))
        .collect();
    let mut symbols = symbols(&escaped(prefix, prompt));
    while let Some(at) = best_pair(vocabulary, &ids, &symbols) {
        let right = symbols.remove(at + 1);
        symbols[at].extend(right);
    }
    symbols
        .iter()
        .flat_map(|symbol| match ids.get(symbol.as_slice()) {
            Some(id) => vec![*id],
            None => spelled(vocabulary, symbol),
        })
        .collect()
}

fn escaped(prefix: bool, prompt: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = if prefix && !prompt.is_empty() {
        b" "
    } else {
        b""
    };
    let all = [prefix, prompt].concat();
    let words: Vec<&[u8]> = all.split(|byte| *byte == b' ').collect();
    words.join("▁".as_bytes())
}

fn symbols(text: &[u8]) -> Vec<Vec<u8>> {
    let mut symbols = Vec::new();
    let mut rest = text.to_vec();
    while let Some(first) = rest.first() {
        let announced = match first.leading_ones() {
            0 | 1 => 1,
            2 => 2,
            3 => 3,
            _ => 4,
        };
        let tail = rest.split_off(announced.min(rest.len()));
        symbols.push(std::mem::replace(&mut rest, tail));
    }
    symbols
}

/// The leftmost of the pairs of the highest score.
fn best_pair(
    vocabulary: &Vocabulary,
    ids: &HashMap<&[u8], u32>,
    symbols: &[Vec<u8>],
) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (at, pair) in symbols.windows(2).enumerate() {
        if let Some(id) = ids.get(pair.concat().as_slice()) {
            let score = vocabulary.tokens[*id as usize].1;
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, at));
            }
        }
    }
    best.map(|(_, at)| at)
}

fn spelled(vocabulary: &Vocabulary, symbol: &[u8]) -> Vec<u32> {
    let bytes: Option<Vec<u32>> = symbol
        .iter()
        .map(|byte| vocabulary.bytes[*byte as usize])
        .collect();
    bytes.unwrap_or_else(|| vec![0])
}
