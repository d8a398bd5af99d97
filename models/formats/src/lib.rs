//! Import of model files and tokenizers into programs.
//!
//! - [`gguf`]: the container, with a limit on everything read
//! - [`mod@file`]: a file's bytes, in memory or mapped
//! - [`vocab`]: vocabularies as the tables that the tokenizing operators read
//! - `hyper`, `llama`: what is known of the Llama family
//! - `assemble`: slots, weights and nodes to a program with header and id
//! - [`check()`]: whether a program's disputes can be trusted to end right
mod assemble;
pub mod check;
mod cost;
mod error;
mod fields;
pub mod file;
pub mod gguf;
mod hyper;
mod limits;
mod llama;
mod matrices;
mod planes;
mod roots;
mod rope;
mod text;
pub mod vocab;

pub use assemble::ImageInfo;
pub use check::{CheckError, check};
pub use error::ImportError;
pub use file::{FileError, ModelFile};
pub use gguf::{Gguf, GgufError};
pub use limits::Limits;
pub use roots::tensor_root;
pub use vocab::Vocab;

use fields::Fields;
use gavel_program::Program;
use std::sync::Arc;

/// Architectures that are imported.
const ARCHITECTURES: [&str; 1] = ["llama"];

/// Imports a model file as a program that runs under the guest `image`, and checks it.
///
/// # Errors
/// [`ImportError`] for a file that is malformed, asks for what isn't supported, or gives a program that fails its check.
pub fn import(
    file: &Arc<ModelFile>,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let gguf = Gguf::parse(file.bytes())?;
    let fields = Fields(&gguf.metadata);
    fields.one_of("general.architecture", &ARCHITECTURES)?;
    let vocab = Vocab::read(fields)?;
    let hyper = hyper::Hyper::read(fields)?;
    fields.optional_u32("llama.vocab_size", vocab.len() as u32..=vocab.len() as u32)?;
    let program = llama::import(file, &gguf, &vocab, hyper, limits, image)?;
    check(&program, &image)?;
    Ok(program)
}

/// Reads the vocabulary of a file, with or without a model in it.
///
/// # Errors
/// As [`import`].
pub fn vocabulary(file: &ModelFile) -> Result<Vocab, ImportError> {
    let gguf = Gguf::parse(file.bytes())?;
    Vocab::read(Fields(&gguf.metadata))
}
