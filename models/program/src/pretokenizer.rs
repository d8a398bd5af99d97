//! How a text falls apart into words before bytes are merged.

/// The pattern of a byte-level tokenizer, known by the model that made it common. `docs/spec/numerics.md` has the words of each.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pretokenizer {
    /// Numbers of any length, a space before letters or numbers, contractions in small letters.
    Gpt2 = 0,
    /// Numbers of at most three digits, any sign before letters, newlines apart.
    Llama3 = 1,
    /// As Llama 3, with every digit a word.
    Qwen2 = 2,
}

impl Pretokenizer {
    /// The pattern of a code.
    pub fn from_code(code: u32) -> Option<Pretokenizer> {
        [
            Pretokenizer::Gpt2,
            Pretokenizer::Llama3,
            Pretokenizer::Qwen2,
        ]
        .get(code as usize)
        .copied()
    }
}
