//! Log-probabilities in OpenAI's form.

use gavel_engine::{Piece, Scores, printed};
use gavel_program::Program;
use serde_json::{Map, Value, json};

/// What stands for a log-probability of minus infinity, which JSON has no number for.
const LEAST: f32 = -9999.0;

/// The `logprobs` of a choice: its tokens' texts, each with its log-probability, those of the most probable tokens at its place, and the byte
/// at which it begins. A stop text's tokens are among them, although the choice's text ends before it.
pub(super) fn of(program: &Program, pieces: &[Piece]) -> Value {
    let texts: Vec<&[u8]> = pieces
        .iter()
        .map(|piece| printed(program, piece.token).unwrap_or_default())
        .collect();
    let offsets = texts.iter().scan(0, |end, text| {
        let begin = *end;
        *end += text.len();
        Some(begin)
    });
    let scores = || pieces.iter().filter_map(|piece| piece.scores.as_ref());
    json!({
        "tokens": texts.iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>(),
        "token_logprobs": scores().map(|scores| number(scores.chosen)).collect::<Vec<_>>(),
        "top_logprobs": scores().map(|scores| top(program, scores)).collect::<Vec<_>>(),
        "text_offset": offsets.collect::<Vec<_>>(),
    })
}

/// The most probable tokens by their texts; of tokens with one text the most probable one.
fn top(program: &Program, scores: &Scores) -> Value {
    let mut by_text = Map::new();
    for (token, score) in &scores.top {
        let text = String::from_utf8_lossy(printed(program, *token).unwrap_or_default());
        by_text
            .entry(text.into_owned())
            .or_insert_with(|| json!(number(*score)));
    }
    Value::Object(by_text)
}

fn number(score: f32) -> f32 {
    if score > LEAST { score } else { LEAST }
}
