//! Tokenizers of real files, through the operators: against llama.cpp's and Hugging Face's ids, and what tokens print.

mod bert;
mod digests;
mod fixtures;
mod huggingface;
mod runner;
mod special;
mod texts;
mod word_piece;
