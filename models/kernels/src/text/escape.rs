//! The text that is tokenized: prompt bytes with spaces escaped, as symbols.

use super::symbols::Symbols;

/// U+2581, which stands for a space in the vocabulary.
const ESCAPED_SPACE: [u8; 3] = [0xE2, 0x96, 0x81];

/// Bytes that a UTF-8 lead byte announces, by its high nibble; a byte that leads nothing stands alone.
const SYMBOL_LEN: [u8; 16] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4];

/// Writes the escaped prompt to `text` and gives its length: at most three bytes for each byte of the prompt and the prefix.
///
/// # Panics
/// If `text` is shorter than that.
#[inline(never)]
pub(super) fn escape(prompt: &[u8], space_prefix: bool, text: &mut [u8]) -> usize {
    let mut len = 0;
    if space_prefix && !prompt.is_empty() {
        len = append(b' ', text, len);
    }
    for byte in prompt {
        len = append(*byte, text, len);
    }
    len
}

/// Writes one byte of the prompt at `at` and gives the place after it.
fn append(byte: u8, text: &mut [u8], at: usize) -> usize {
    if byte != b' ' {
        text[at] = byte;
        return at + 1;
    }
    let end = at + ESCAPED_SPACE.len();
    text[at..end].copy_from_slice(&ESCAPED_SPACE);
    end
}

/// Links the symbols of `text`, each as long as its first byte announces, the last as long as the text goes.
#[inline(never)]
pub(super) fn split(text: &[u8], symbols: &mut Symbols<'_>) {
    let mut before = None;
    let mut at = 0;
    while at < text.len() {
        let announced = usize::from(SYMBOL_LEN[usize::from(text[at] >> 4)]);
        let end = (at + announced).min(text.len());
        symbols.put(at, end, before);
        before = Some(at);
        at = end;
    }
}
