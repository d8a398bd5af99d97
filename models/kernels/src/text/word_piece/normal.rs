//! What becomes of a character, by two tables: BERT's clean text, lower case without accents, and the ends of words.

use super::word::{Tables, Word};
use crate::text::utf8::NONE;
use gavel_program::op::WordPiece;

/// Words of a mapping: a code point and the three that it becomes.
const MAPPING: usize = 4;
/// The first class of marks.
const MARKS: u8 = 6;

/// The tables. The bits 4 (c mod 2) and the next three of byte c div 2 of the classes are code point c's:
///
/// | class | what becomes of it |
/// |---|---|
/// | 0 | kept |
/// | 1 | a space: ends a word |
/// | 2 | a word of its own |
/// | 3 | dropped |
/// | 4 | dropped; marks are not sorted across it |
/// | 5 | becomes others |
/// | 6 and above | kept: a mark, sorted by this number among those beside it |
pub(super) struct Table<'a> {
    classes: &'a [u8],
    code_points: u32,
    mappings: &'a [[u32; MAPPING]],
}

impl<'a> Table<'a> {
    /// The tables of an operator.
    ///
    /// # Panics
    /// If they are shorter than its parameters say.
    pub(super) fn new(p: &WordPiece, classes: &'a [u8], mappings: &'a [u32]) -> Self {
        Table {
            classes,
            code_points: p.code_points,
            mappings: &mappings.as_chunks().0[..p.mappings as usize],
        }
    }

    /// Adds a character of the text to the word under way, which it may end. A byte that begins no character is dropped.
    pub(super) fn feed(
        &self,
        code: u32,
        word: &mut Word<'_>,
        tables: &Tables<'_>,
        sink: &mut dyn FnMut(u32),
    ) {
        if code == NONE {
            return;
        }
        match self.class(code) {
            5 => {
                for code in self.becomes(code) {
                    self.put(code, word, tables, sink);
                }
            }
            _ => self.put(code, word, tables, sink),
        }
    }

    /// Adds a character that nothing replaces any more.
    fn put(&self, code: u32, word: &mut Word<'_>, tables: &Tables<'_>, sink: &mut dyn FnMut(u32)) {
        match self.class(code) {
            1 => word.end(tables, sink),
            2 => {
                word.end(tables, sink);
                word.push(code);
                word.end(tables, sink);
            }
            3 => {}
            4 => word.bar(),
            class @ MARKS.. => word.sort_in(code, |other| self.class(other) > class),
            _ => word.push(code),
        }
    }

    fn class(&self, code: u32) -> u8 {
        if code >= self.code_points {
            return 0;
        }
        self.classes[code as usize / 2] >> (4 * (code % 2)) & 15
    }

    /// What a code point becomes: a binary search; nothing where the table doesn't have it.
    fn becomes(&self, code: u32) -> impl Iterator<Item = u32> {
        let (mut low, mut high) = (0, self.mappings.len());
        let mut found = [0; MAPPING];
        while low < high {
            let middle = (low + high) / 2;
            let row = self.mappings[middle];
            if row[0] == code {
                found = row;
                break;
            }
            if row[0] < code {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        found.into_iter().skip(1).filter(|code| *code != 0)
    }
}
