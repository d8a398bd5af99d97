//! A prompt as special tokens and the text between them.

use super::lexicon::Lexicon;

/// A part of a prompt.
pub(super) enum Fragment<'a> {
    /// Text to tokenize, not empty.
    Text(&'a [u8]),
    /// A special token that the prompt names.
    Special(u32),
}

/// Hands out the parts of a prompt in order. From left to right, the longest special token's text at a place is taken.
pub(super) fn fragments(prompt: &[u8], specials: &Lexicon<'_>, mut sink: impl FnMut(Fragment<'_>)) {
    let (mut start, mut at) = (0, 0);
    while at < prompt.len() {
        let Some((id, len)) = specials.longest_prefix(&prompt[at..]) else {
            at += 1;
            continue;
        };
        if start < at {
            sink(Fragment::Text(&prompt[start..at]));
        }
        sink(Fragment::Special(id));
        at += len;
        start = at;
    }
    if start < at {
        sink(Fragment::Text(&prompt[start..at]));
    }
}
