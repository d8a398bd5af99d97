//! TokenizeIds and TokenizeCount.

use super::{
    candidates::Candidates, escape, layout::Layout, merge::merge, symbols::Symbols, tokens::emit,
    vocabulary::Vocabulary,
};
use crate::view::u8s;
use core::ops::Range;
use gavel_program::{
    Control,
    op::{FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX, NO_TOKEN, Tokenizer},
};

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
    out.fill(0);
    let mut index = 0;
    tokenize(p, control, inputs, scratch, |id| {
        if range.contains(&index) {
            out[index - range.start] = id;
        }
        index += 1;
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
    let mut count = 0;
    tokenize(p, control, inputs, scratch, |_| count += 1);
    super::count::put(count, range, out);
}

/// Hands every token id to `sink`, in order.
fn tokenize(
    p: &Tokenizer,
    control: &Control,
    inputs: &[&[u32]],
    scratch: &mut [u32],
    mut sink: impl FnMut(u32),
) {
    let vocabulary = Vocabulary::new(p, inputs);
    let layout = Layout::new(scratch);
    let len = escape::escape(
        prompt(p, control, inputs),
        p.flags & FLAG_SPACE_PREFIX != 0,
        layout.text,
    );
    let text = &layout.text[..len];
    let mut symbols = Symbols::new(layout.links, len);
    escape::split(text, &mut symbols);
    let mut candidates = Candidates::new(layout.candidates);
    merge(text, &vocabulary, &mut symbols, &mut candidates);
    flagged(p, FLAG_BOS, p.bos, &mut sink);
    let mut start = 0;
    while start < len {
        let end = symbols.end(start);
        emit(&text[start..end], &vocabulary, p.unk, &mut sink);
        start = end;
    }
    flagged(p, FLAG_EOS, p.eos, &mut sink);
}

/// The prompt's bytes: as many as the control slot says, at most those of the slot.
fn prompt<'a>(p: &Tokenizer, control: &Control, inputs: &[&'a [u32]]) -> &'a [u8] {
    &u8s(inputs[0])[..control.prompt_len.min(p.prompt_capacity) as usize]
}

fn flagged(p: &Tokenizer, flag: u32, id: u32, sink: &mut impl FnMut(u32)) {
    if p.flags & flag != 0 && id != NO_TOKEN {
        sink(id);
    }
}
