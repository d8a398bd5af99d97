//! A text as characters with their classes, total on any bytes.

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
    /// Its code point, [`NONE`] for a byte that begins no character.
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

/// Stands for the code point of a byte that begins no character.
const NONE: u32 = u32::MAX;

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

/// The first character of a text that is not empty, and its length. A byte that begins no well-formed sequence (too short, too
/// long for its number, a surrogate, past 10FFFF) stands alone.
fn decode(text: &[u8]) -> (u32, usize) {
    let lead = text[0];
    let (len, bits, least) = match lead {
        0x00..=0x7F => return (u32::from(lead), 1),
        0xC0..=0xDF => (2, 0x1F, 0x80),
        0xE0..=0xEF => (3, 0x0F, 0x800),
        0xF0..=0xF7 => (4, 0x07, 0x1_0000),
        _ => return (NONE, 1),
    };
    if text.len() < len {
        return (NONE, 1);
    }
    let mut code = u32::from(lead) & bits;
    for byte in &text[1..len] {
        if byte & 0xC0 != 0x80 {
            return (NONE, 1);
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    if code < least || code > 0x10_FFFF || code >> 11 == 0x1B {
        return (NONE, 1);
    }
    (code, len)
}
