//! The families of models that are imported, one file each: what an architecture's name stands for. Everything that families share is
//! in `decoder`; a new one is a file here and its line in [`ALL`].

mod llama;
mod qwen2;
mod qwen3;

use crate::ImportError;
use crate::fields::Fields;
use gavel_program::op::Pairing;

/// What tells a family's models from those of others.
#[derive(Debug)]
pub(crate) struct Family {
    /// `general.architecture`, and the first part of the names of its keys.
    pub(crate) name: &'static str,
    /// Which elements of a head are turned together.
    pub(crate) pairing: Pairing,
    /// Whether queries, keys and values have biases.
    pub(crate) biases: bool,
    /// Whether every head of queries and keys has a norm.
    pub(crate) head_norms: bool,
    /// Keys that are read, or known to change nothing, beside those of every decoder.
    pub(crate) keys: &'static [&'static str],
}

/// All families.
const ALL: [&Family; 3] = [&llama::FAMILY, &qwen2::FAMILY, &qwen3::FAMILY];

/// The family of a file.
pub(crate) fn of(fields: Fields) -> Result<&'static Family, ImportError> {
    let names = ALL.map(|family| family.name);
    let place = fields.one_of("general.architecture", &names)?;
    Ok(ALL[place])
}
