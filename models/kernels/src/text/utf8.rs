//! UTF-8, total on any bytes.

/// Stands for the code point of a byte that begins no character.
pub(super) const NONE: u32 = u32::MAX;

/// The first character of a text that is not empty, and its length. A byte that begins no well-formed sequence (too short, too
/// long for its number, a surrogate, past 10FFFF) stands alone.
pub(super) fn decode(text: &[u8]) -> (u32, usize) {
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
