//! WordPieceIds and WordPieceCount: BERT's tokenizer, total on any bytes and any tables.
//!
//! 1. `fragments`: special tokens that the prompt names, and the text between them.
//! 2. `normal`: each character is dropped, kept, replaced by others, or ends a word; marks are sorted.
//! 3. `word`: a word is the longest token that it begins with, then the longest that goes on with it, and so on to its end, or unknown.

mod normal;
mod word;

use super::fragments::{Fragment, fragments};
use super::lexicon::Lexicon;
use super::outputs::{prompt, put_count, put_ids};
use super::utf8::decode;
use crate::view::u8s;
use core::ops::Range;
use gavel_program::{
    Control,
    op::{NO_TOKEN, WordPiece},
};
use normal::Table;
use word::{Tables, Word};

pub(crate) use word::MOST_CHARACTERS;

/// Inputs that begin the lexicons.
const SPECIALS: usize = 3;
const WORDS: usize = 6;
const CONTINUATIONS: usize = 9;

/// The prompt's token ids, zero past the last.
#[inline(never)]
pub(crate) fn word_piece_ids(
    p: &WordPiece,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    put_ids(range, out, |sink| {
        tokenize(p, control, inputs, scratch, sink)
    });
}

/// The number of the prompt's token ids in element 0, zero elsewhere.
#[inline(never)]
pub(crate) fn word_piece_count(
    p: &WordPiece,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    put_count(range, out, |sink| {
        tokenize(p, control, inputs, scratch, sink)
    });
}

/// Hands every token id to `sink`, in order: at most as many as the limit says.
#[inline(never)]
fn tokenize(
    p: &WordPiece,
    control: &Control,
    inputs: &[&[u32]],
    scratch: &mut [u32],
    sink: &mut dyn FnMut(u32),
) {
    let is_token = |id: &u32| *id != NO_TOKEN;
    let ends = [p.first, p.last].iter().filter(|id| is_token(id)).count() as u32;
    let mut left = p.limit.saturating_sub(ends);
    Some(p.first)
        .filter(is_token)
        .into_iter()
        .for_each(&mut *sink);
    text_ids(p, control, inputs, scratch, &mut |id| {
        if left > 0 {
            left -= 1;
            sink(id);
        }
    });
    Some(p.last).filter(is_token).into_iter().for_each(sink);
}

/// Hands out the ids between those at the ends.
fn text_ids(
    p: &WordPiece,
    control: &Control,
    inputs: &[&[u32]],
    scratch: &mut [u32],
    sink: &mut dyn FnMut(u32),
) {
    let table = Table::new(p, u8s(inputs[1]), inputs[2]);
    let specials = Lexicon::new(&inputs[SPECIALS..], p.specials, p.longest_special);
    let tables = Tables {
        words: Lexicon::new(&inputs[WORDS..], p.words, p.longest_word),
        continuations: Lexicon::new(
            &inputs[CONTINUATIONS..],
            p.continuations,
            p.longest_continuation,
        ),
        unk: p.unk,
    };
    let mut word = Word::new(scratch, p.most_characters);
    let text = prompt(inputs[0], p.prompt_capacity, control);
    fragments(text, &specials, |fragment| match fragment {
        Fragment::Special(id) => sink(id),
        Fragment::Text(text) => {
            let mut at = 0;
            while at < text.len() {
                let (code, len) = decode(&text[at..]);
                table.feed(code, &mut word, &tables, sink);
                at += len;
            }
            word.end(&tables, sink);
        }
    });
}
