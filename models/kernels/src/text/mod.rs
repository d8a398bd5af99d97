//! Prompt bytes to token ids and token ids to text, total on any bytes and any vocabulary: SentencePiece's greedy merges as llama.cpp runs
//! them, here, byte-level BPE in `bpe`, WordPiece in `word_piece`.
//!
//! 0. `fragments`: the prompt falls apart into special tokens, which it names by their texts, and the text between them.
//! 1. `escape`: a space goes before a text that is not empty (by flag), every space becomes U+2581, and the text falls apart into
//!    symbols by the length that a UTF-8 lead byte announces.
//! 2. `merge`: of all neighbours whose joint text is a token, those of the highest score merge (of equals the leftmost), until none
//!    are left.
//! 3. `tokens`: a symbol that is a token gives its id; another its bytes' tokens, or one unknown token.
//!
//! All tiles compute the whole tokenization; memory is the scratch alone, cut up in `layout`.

mod bpe;
mod candidates;
pub(crate) mod cost;
mod count;
mod detokenize;
mod escape;
mod fragments;
mod layout;
mod lexicon;
mod merge;
mod outputs;
mod pieces;
mod stop;
mod symbols;
mod tokenize;
mod tokens;
mod utf8;
mod vocabulary;
mod word_piece;

pub(crate) use bpe::{bpe_count, bpe_ids};
pub(crate) use detokenize::{detokenize, detokenize_len};
pub use layout::{MAX_BPE_PROMPT, MAX_PROMPT};
pub(crate) use stop::find_stop;
pub(crate) use tokenize::{tokenize_count, tokenize_ids};
pub(crate) use word_piece::{MOST_CHARACTERS, word_piece_count, word_piece_ids};
