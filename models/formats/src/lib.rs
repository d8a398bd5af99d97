//! Import of model files and tokenizers into programs.
//!
//! - [`gguf`]: the container, with a limit on everything read
//! - [`safetensors`]: the other container, with [`beside`] it the files that say what is in it
//! - [`mod@file`]: a file's bytes, in memory or mapped
//! - [`mod@cache`]: planes and roots of a large file, kept beside it
//! - [`chat`]: what a file says of conversations
//! - [`vocab`]: vocabularies as the tables that the tokenizing operators read
//! - `families`: what is known of each family of models
//! - `shards`: matrices that a window of the machine doesn't hold, by rows
//! - `decoder`: what they share, from tensors' names to nodes
//! - `encoder`: a text's vector, whatever the files are
//! - `network`: what the readers of classic networks share
//! - `mlgo`: opML's dense networks
//! - `onnx`: graphs of operators
//! - `assemble`: slots, weights and nodes to a program with header and id
//! - [`inspect`]: what a program is made of and what its steps cost
//! - [`check()`]: whether a program's disputes can be trusted to end right
mod assemble;
pub mod beside;
pub mod cache;
pub mod chat;
pub mod check;
mod cost;
mod decoder;
mod encoder;
mod error;
mod families;
mod fields;
pub mod file;
pub mod gguf;
pub mod inspect;
mod json;
mod kind;
mod limits;
mod matrices;
mod mlgo;
mod network;
mod onnx;
mod planes;
mod roots;
pub mod safetensors;
mod shards;
mod text;
mod untaken;
pub mod vocab;

pub use assemble::ImageInfo;
pub use beside::Beside;
pub use cache::{CacheError, CacheMode, CacheState, Opened};
pub use chat::Chat;
pub use check::{CheckError, check};
pub use error::ImportError;
pub use file::{FileError, ModelFile};
pub use gguf::{Gguf, GgufError};
pub use kind::FileKind;
pub use limits::Limits;
pub use mlgo::MlgoError;
pub use network::{InputScale, InputScaleError};
pub use onnx::OnnxError;
pub use roots::tensor_root;
pub use safetensors::SafetensorsError;
pub use text::{Capacities, Table};
pub use vocab::Vocab;

use fields::Fields;
use gavel_program::Program;
use std::sync::Arc;

/// Imports a model file as a program that runs under the guest `image`, and checks it.
///
/// # Errors
/// [`ImportError`] for a file that is malformed, asks for what isn't supported, or gives a program that fails its check.
pub fn import(
    file: &Arc<ModelFile>,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let program = match (file.beside(), FileKind::of(file.bytes())) {
        (Some(beside), _) => families::bert::import(file, beside, limits, image)?,
        (None, FileKind::Gguf) => import_gguf(file, limits, image)?,
        (None, FileKind::Mlgo) => mlgo::import(file, &limits.input, image)?,
        (None, FileKind::Onnx) => onnx::import(file, &limits.input, image)?,
    };
    check(&program, &image)?;
    Ok(program)
}

fn import_gguf(
    file: &Arc<ModelFile>,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let gguf = Gguf::parse(file.bytes())?;
    let fields = Fields(&gguf.metadata);
    let Some(family) = families::of(fields)? else {
        return families::bert::import_gguf(file, &gguf, limits, image);
    };
    let vocab = Vocab::read(fields)?;
    decoder::import(family, file, &gguf, &vocab, limits, image)
}

/// Reads the vocabulary of a file, with or without a model in it.
///
/// # Errors
/// As [`import`].
pub fn vocabulary(file: &ModelFile) -> Result<Vocab, ImportError> {
    let gguf = Gguf::parse(file.bytes())?;
    Vocab::read(Fields(&gguf.metadata))
}
