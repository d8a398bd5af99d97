//! What Hugging Face's crate gives for random texts, as digests: `tests/huggingface` makes and checks them.

use gavel_primitives::keccak;

/// Files whose tokenizers are compared, with the committed digests of each.
pub(crate) const KINDS: [(&str, &str); 3] = [
    ("gpt-2", include_str!("digests/gpt-2.txt")),
    ("llama-bpe", include_str!("digests/llama-bpe.txt")),
    ("qwen2", include_str!("digests/qwen2.txt")),
];
/// The digests of the made vocabulary of WordPiece, by the normalizer's form.
pub(crate) const WORD_PIECE: [&str; 4] = [
    include_str!("digests/word-piece.txt"),
    include_str!("digests/word-piece-lower.txt"),
    include_str!("digests/word-piece-strip.txt"),
    include_str!("digests/word-piece-cased.txt"),
];
/// Digests of a kind, and texts of a digest.
const DIGESTS: u64 = 20;
const TEXTS: u64 = 100;

/// A line for every hundred texts: how many tokens they have, and the hash of all their ids, each text's with their number before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Digest(Vec<String>);

impl Digest {
    /// That of a tokenizer, given a text's number.
    pub(crate) fn of(mut ids: impl FnMut(u64) -> Vec<u32>) -> Self {
        let line = |digest| {
            let (mut bytes, mut tokens) = (Vec::new(), 0);
            for number in digest * TEXTS..(digest + 1) * TEXTS {
                let ids = ids(number);
                tokens += ids.len();
                bytes.extend((ids.len() as u32).to_le_bytes());
                bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
            }
            let hash: String = keccak(&bytes)
                .0
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("{tokens} {hash}")
        };
        Digest((0..DIGESTS).map(line).collect())
    }
}

/// A committed file.
pub(crate) fn committed(text: &str) -> Digest {
    Digest(text.lines().map(str::to_owned).collect())
}
