//! A text as characters with their classes, total on any bytes.

use crate::text::utf8::decode;

/// What a pattern knows of a character, by its two bits in the table of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Anything else: signs, marks, what the table doesn't cover, a byte that begins no character.
    Other,
    /// `\p{L}`.
    Letter,
    /// `\p{N}`.
    Number,
    /// `\s`.
    Space,
}

/// A character at its place.
#[derive(Clone, Copy)]
pub(super) struct Character {
    /// Its code point, [`NONE`](crate::text::utf8::NONE) for a byte that begins no character.
    pub(super) code: u32,
    /// Its class.
    pub(super) class: Class,
    /// Where the next one begins.
    pub(super) end: usize,
}

impl Character {
    /// Whether it is a line feed or a carriage return.
    pub(super) fn is_newline(self) -> bool {
        self.code == 0x0A || self.code == 0x0D
    }
}

/// A text with the table of classes: the bits 2 * (c mod 4) and the next of byte c div 4 are code point c's.
#[derive(Clone, Copy)]
pub(super) struct Characters<'a> {
    text: &'a [u8],
    classes: &'a [u8],
    code_points: u32,
}

impl<'a> Characters<'a> {
    /// A text under a table that covers so many code points.
    pub(super) fn new(text: &'a [u8], classes: &'a [u8], code_points: u32) -> Self {
        Characters {
            text,
            classes,
            code_points,
        }
    }

    /// The text's bytes.
    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The character that begins at an offset; none at the text's end.
    #[inline(never)]
    pub(super) fn at(&self, at: usize) -> Option<Character> {
        if at >= self.text.len() {
            return None;
        }
        let (code, len) = decode(&self.text[at..]);
        Some(Character {
            code,
            class: self.class(code),
            end: at + len,
        })
    }

    fn class(&self, code: u32) -> Class {
        if code >= self.code_points {
            return Class::Other;
        }
        match self.classes[code as usize / 4] >> (2 * (code % 4)) & 3 {
            0 => Class::Other,
            1 => Class::Letter,
            2 => Class::Number,
            _ => Class::Space,
        }
    }
}
