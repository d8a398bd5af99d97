//! BpeIds and BpeCount: byte-level byte-pair encoding, total on any bytes and any tables.
//!
//! 1. `fragments`: special tokens that the prompt names, and the text between them.
//! 2. `words`: a text falls apart into words by a pre-tokenizer's pattern over the classes of its `characters`.
//! 3. `merge`: in each word, bytes merge by rank; a word that is to be taken whole is one token.

mod characters;
mod merge;
mod merges;
mod words;

use super::fragments::{Fragment, fragments};
use super::layout::WordRoom;
use super::lexicon::Lexicon;
use super::outputs::{prompt, put_count, put_flagged, put_ids};
use crate::view::u8s;
use characters::Characters;
use core::ops::Range;
use gavel_program::{
    Control,
    op::{Bpe, FLAG_BOS, FLAG_EOS},
};
use merge::merge;
use merges::Merges;
use words::word_end;

/// Inputs that begin the lexicons of special tokens and of whole words.
const SPECIALS: usize = 5;
const WHOLE: usize = 8;

/// The prompt's token ids, zero past the last.
#[inline(never)]
pub(crate) fn bpe_ids(
    p: &Bpe,
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
pub(crate) fn bpe_count(
    p: &Bpe,
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

/// What words are looked up in.
struct Tables<'a> {
    byte_tokens: &'a [u32],
    merges: Merges<'a>,
    whole: Lexicon<'a>,
}

/// Hands every token id to `sink`, in order.
#[inline(never)]
fn tokenize(
    p: &Bpe,
    control: &Control,
    inputs: &[&[u32]],
    scratch: &mut [u32],
    sink: &mut dyn FnMut(u32),
) {
    let classes = u8s(inputs[1]);
    let tables = Tables {
        byte_tokens: &inputs[2][..256],
        merges: Merges::new(inputs[3], inputs[4], p.merges),
        whole: Lexicon::new(&inputs[WHOLE..], p.whole, p.longest_whole),
    };
    let specials = Lexicon::new(&inputs[SPECIALS..], p.specials, p.longest_special);
    let mut room = WordRoom::new(scratch);
    put_flagged(p.flags, FLAG_BOS, p.bos, sink);
    let text = prompt(inputs[0], p.prompt_capacity, control);
    fragments(text, &specials, |fragment| match fragment {
        Fragment::Special(id) => sink(id),
        Fragment::Text(text) => {
            let characters = Characters::new(text, classes, p.code_points);
            let mut at = 0;
            while at < text.len() {
                let end = word_end(p.pretokenizer, &characters, at);
                tables.word(&text[at..end], &mut room, sink);
                at = end;
            }
        }
    });
    put_flagged(p.flags, FLAG_EOS, p.eos, sink);
}

impl Tables<'_> {
    /// Hands out the tokens of one word.
    fn word(&self, word: &[u8], room: &mut WordRoom<'_>, sink: &mut dyn FnMut(u32)) {
        match self.whole.find(word) {
            Some(id) => sink(id),
            None => merge(word, self.byte_tokens, &self.merges, room, sink),
        }
    }
}
