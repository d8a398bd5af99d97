//! Parameters of the operators between texts and tokens.

use super::word::params;
use crate::Pretokenizer;

/// "No such token" among the tokenizer's parameters.
pub const NO_TOKEN: u32 = u32::MAX;
/// [`Tokenizer::flags`]: the BOS token comes first.
pub const FLAG_BOS: u32 = 1;
/// [`Tokenizer::flags`]: a space is put before a text that is not empty.
pub const FLAG_SPACE_PREFIX: u32 = 2;
/// [`Tokenizer::flags`]: the end token comes last.
pub const FLAG_EOS: u32 = 4;

params! {
    /// SentencePiece-style tokenizer. Inputs: prompt U8\[prompt_capacity\], texts U8[..], offsets I32[vocab + 1],
    /// scores F32\[vocab\], sorted I32\[sorted_len\] (ids by text, one for each distinct text), byte tokens I32\[256\] (-1 = none),
    /// then a lexicon of special tokens: texts U8[..] by rising text, offsets I32[specials + 1], ids I32\[specials\].
    Tokenizer {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Entries of `sorted`.
        sorted_len: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// BOS token or [`NO_TOKEN`].
        bos: u32,
        /// End token or [`NO_TOKEN`].
        eos: u32,
        /// Unknown token.
        unk: u32,
        /// FLAG_*.
        flags: u32,
        /// Bytes of the longest text that `sorted` names: a longer candidate is not looked up, which bounds the cost.
        max_text: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
    }
}

params! {
    /// Byte-level BPE tokenizer. Inputs: prompt U8\[prompt_capacity\], classes U8[code_points / 4] (2 bits a code point), the token of
    /// each byte I32\[256\] (-1 = none), merges I32[merges, 3] (left, right and rank, by rising left and right), results
    /// I32\[merges\] by rank; then two lexicons, of special tokens and of words that are taken whole, each: texts U8[..] by rising
    /// text, offsets I32[count + 1], ids I32\[count\].
    Bpe {
        /// How the text falls apart into words.
        pretokenizer: Pretokenizer,
        /// Code points that `classes` covers: those past it belong to no class.
        code_points: u32,
        /// Merges.
        merges: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
        /// Words that are not merged because they are tokens.
        whole: u32,
        /// Bytes of the longest of them: a longer word is not looked up.
        longest_whole: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// BOS token or [`NO_TOKEN`].
        bos: u32,
        /// End token or [`NO_TOKEN`].
        eos: u32,
        /// [`FLAG_BOS`] and [`FLAG_EOS`].
        flags: u32,
    }
}

params! {
    /// WordPiece tokenizer over BERT's normalizer. Inputs: prompt U8\[prompt_capacity\], classes U8[code_points / 2] (4 bits a code point),
    /// mappings I32[mappings, 4] (code point and up to three others that it becomes, 0 = none, by rising code point); then three
    /// lexicons, of special tokens, of tokens that begin a word and of those that go on with it, each: texts U8[..] by rising text,
    /// offsets I32[count + 1], ids I32\[count\].
    WordPiece {
        /// Code points that `classes` covers: those past it are kept as they are.
        code_points: u32,
        /// Code points that become others.
        mappings: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
        /// Tokens that begin a word.
        words: u32,
        /// Bytes of the longest of them: a longer one is not looked up.
        longest_word: u32,
        /// Tokens that go on with a word.
        continuations: u32,
        /// Bytes of the longest of them.
        longest_continuation: u32,
        /// Characters of the longest word that is looked up: a longer one is unknown.
        most_characters: u32,
        /// Ids that a prompt has at most, the two at its ends among them: those past it are dropped.
        limit: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Token before a prompt's, or [`NO_TOKEN`].
        first: u32,
        /// Token after them, or [`NO_TOKEN`].
        last: u32,
        /// Token of a word that the others don't make.
        unk: u32,
    }
}

params! {
    /// Text of the generated tokens. Inputs: tokens I32\[tokens_capacity\], texts U8 (as printed), offsets I32[vocab + 1].
    /// The texts are those that a token prints: nothing for control and unknown tokens.
    Detokenize {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the output slot.
        output_capacity: u32,
    }
}

params! {
    /// Where the answer's text ends, if the token at `pos + 1` completes a stop text; only if the control slot has any. Inputs: tokens
    /// I32\[tokens_capacity\], texts U8 (as printed), offsets I32[vocab + 1]. Output I32\[64\]: word 0 is 0, or one more than the bytes
    /// of text that stand before the stop text.
    FindStop {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the longest text: of a longer one only so many are looked at, which bounds the cost.
        longest: u32,
    }
}
