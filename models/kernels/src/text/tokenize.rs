//! TokenizeIds and TokenizeCount.

use super::fragments::{Fragment, fragments};
use super::outputs::{prompt, put_count, put_flagged, put_ids};
use super::{
    candidates::Candidates, escape, layout::Layout, lexicon::Lexicon, merge::merge,
    symbols::Symbols, tokens::emit, vocabulary::Vocabulary,
};
use core::ops::Range;
use gavel_program::{
    Control,
    op::{FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX, Tokenizer},
};

/// Input that begins the lexicon of special tokens.
const SPECIALS: usize = 6;

/// The prompt's token ids, zero past the last.
#[inline(never)]
pub(crate) fn tokenize_ids(
    p: &Tokenizer,
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
pub(crate) fn tokenize_count(
    p: &Tokenizer,
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

/// Hands every token id to `sink`, in order.
#[inline(never)]
fn tokenize(
    p: &Tokenizer,
    control: &Control,
    inputs: &[&[u32]],
    scratch: &mut [u32],
    sink: &mut dyn FnMut(u32),
) {
    let vocabulary = Vocabulary::new(p, inputs);
    let specials = Lexicon::new(&inputs[SPECIALS..], p.specials, p.longest_special);
    let mut layout = Layout::new(scratch);
    put_flagged(p.flags, FLAG_BOS, p.bos, sink);
    let text = prompt(inputs[0], p.prompt_capacity, control);
    fragments(text, &specials, |fragment| match fragment {
        Fragment::Special(id) => sink(id),
        Fragment::Text(text) => tokenize_text(p, text, &vocabulary, &mut layout, sink),
    });
    put_flagged(p.flags, FLAG_EOS, p.eos, sink);
}

/// Hands out the ids of a text that names no special token.
fn tokenize_text(
    p: &Tokenizer,
    text: &[u8],
    vocabulary: &Vocabulary<'_>,
    layout: &mut Layout<'_>,
    sink: &mut dyn FnMut(u32),
) {
    let prefix = p.flags & FLAG_SPACE_PREFIX != 0;
    let len = escape::escape(text, prefix, layout.text);
    let text = &layout.text[..len];
    let mut symbols = Symbols::new(layout.links, len);
    escape::split(text, &mut symbols);
    let mut candidates = Candidates::new(layout.candidates);
    merge(text, vocabulary, &mut symbols, &mut candidates);
    let mut start = 0;
    while start < len {
        let end = symbols.end(start);
        emit(&text[start..end], vocabulary, p.unk, sink);
        start = end;
    }
}
