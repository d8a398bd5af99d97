//! The text operators, against tokenizers and printers written otherwise.

mod advance;
mod bpe;
mod detokenize;
mod hostile;
mod plain;
mod tokenize;
mod vocabulary;
