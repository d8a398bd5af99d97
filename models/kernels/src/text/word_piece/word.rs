//! One word: its characters as they come, and its tokens.

use crate::text::lexicon::Lexicon;
use crate::view::u8s_mut;
use gavel_program::boot::SCRATCH_WORDS;

/// Most characters of a word that the scratch holds: of each its code point, its bytes and a token.
pub(crate) const MOST_CHARACTERS: u32 = 1 << 12;

const _: () = assert!(3 * MOST_CHARACTERS as usize <= SCRATCH_WORDS);

/// What words are looked up in.
pub(super) struct Tables<'a> {
    /// Tokens that begin a word.
    pub(super) words: Lexicon<'a>,
    /// Tokens that go on with it.
    pub(super) continuations: Lexicon<'a>,
    /// The token of a word that these don't make.
    pub(super) unk: u32,
}

/// The word under way.
pub(super) struct Word<'a> {
    codes: &'a mut [u32],
    bytes: &'a mut [u8],
    tokens: &'a mut [u32],
    /// Characters, also those that are too many to be kept.
    len: usize,
    /// Where the marks begin that stand at its end.
    marks: usize,
}

impl<'a> Word<'a> {
    /// An empty word of at most so many characters.
    ///
    /// # Panics
    /// If the scratch is shorter than three words for each.
    pub(super) fn new(scratch: &'a mut [u32], most: u32) -> Self {
        let (codes, rest) = scratch.split_at_mut(most as usize);
        let (bytes, rest) = rest.split_at_mut(most as usize);
        Word {
            codes,
            bytes: u8s_mut(bytes),
            tokens: &mut rest[..most as usize],
            len: 0,
            marks: 0,
        }
    }

    /// Adds a character at the end.
    pub(super) fn push(&mut self, code: u32) {
        if let Some(end) = self.codes.get_mut(self.len) {
            *end = code;
        }
        self.len += 1;
        self.bar();
    }

    /// Marks that come are not sorted among those before.
    pub(super) fn bar(&mut self) {
        self.marks = self.len;
    }

    /// Adds a mark, before those at the end that go after it.
    pub(super) fn sort_in(&mut self, code: u32, goes_after: impl Fn(u32) -> bool) {
        if self.len < self.codes.len() {
            let mut at = self.len;
            while at > self.marks && goes_after(self.codes[at - 1]) {
                self.codes[at] = self.codes[at - 1];
                at -= 1;
            }
            self.codes[at] = code;
        }
        self.len += 1;
    }

    /// Hands out the tokens of the word, if it has characters, and begins a new one.
    pub(super) fn end(&mut self, tables: &Tables<'_>, sink: &mut dyn FnMut(u32)) {
        let len = core::mem::take(&mut self.len);
        self.marks = 0;
        if len == 0 {
            return;
        }
        match self.tokens(len, tables) {
            Some(count) => self.tokens[..count].iter().copied().for_each(sink),
            None => sink(tables.unk),
        }
    }

    /// Finds the word's tokens, and gives their number; none if it is too long, or has no tokens, or more of them than characters.
    #[inline(never)]
    fn tokens(&mut self, len: usize, tables: &Tables<'_>) -> Option<usize> {
        let characters = self.codes.get(..len)?;
        let bytes = encode(characters, self.bytes);
        let tokens = &mut self.tokens[..len];
        let text = &self.bytes[..bytes];
        let (mut at, mut count) = (0, 0);
        while at < text.len() {
            let lexicon = match at {
                0 => &tables.words,
                _ => &tables.continuations,
            };
            let (id, len) = lexicon.longest_prefix(&text[at..])?;
            *tokens.get_mut(count)? = id;
            count += 1;
            at += len;
        }
        Some(count)
    }
}

/// Writes characters as UTF-8 and gives the number of bytes; a number that is no character is left out.
fn encode(codes: &[u32], bytes: &mut [u8]) -> usize {
    let mut len = 0;
    for letter in codes.iter().filter_map(|code| char::from_u32(*code)) {
        len += letter.encode_utf8(&mut bytes[len..]).len();
    }
    len
}
