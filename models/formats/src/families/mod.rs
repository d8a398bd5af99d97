//! The families of models that are imported, one file each: what an architecture's name stands for. Everything that families share is
//! in `decoder`; a new one is a file here and its line in [`ALL`]. [`bert`] encodes, and is a file alone.

pub(crate) mod bert;
mod gemma3;
mod llama;
mod phi3;
mod qwen2;
mod qwen3;
mod qwen3moe;

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
    /// Whether queries, keys and values are the rows of one matrix, and gate and up those of another.
    pub(crate) fused: bool,
    /// Whether the feed-forward network is a mixture of experts.
    pub(crate) experts: bool,
    /// Whether what attention and feed-forward network add to the residual stream has norms of its own.
    pub(crate) post_norms: bool,
    /// Whether the embedding is multiplied by the root of its length.
    pub(crate) scaled_embedding: bool,
    /// The unit that gates the feed-forward network.
    pub(crate) gate: Gate,
    /// Which layers see a window alone, where not all do.
    pub(crate) local: Option<Local>,
    /// The number, from layers, residual stream's, heads' number and head's length, whose root queries are divided by.
    pub(crate) query_divisor: fn([u32; 4]) -> u32,
    /// Values of `rope.scaling.type` that are read.
    pub(crate) scalings: &'static [&'static str],
    /// Keys that are read, or known to change nothing, beside those of every decoder.
    pub(crate) keys: &'static [&'static str],
}

/// What a gate's numbers go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// `x / (1 + e^-x)`.
    Silu,
    /// The Gaussian unit in its tanh form.
    Gelu,
}

/// Layers that see a window, with rotations of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    /// Of so many layers the last one sees everything.
    pub(crate) every: u32,
    /// Base of the rotary frequencies in the others, where the file doesn't say.
    pub(crate) rope_base: f64,
}

/// What most families are.
const PLAIN: Family = Family {
    name: "",
    pairing: Pairing::Halves,
    biases: false,
    head_norms: false,
    fused: false,
    experts: false,
    post_norms: false,
    scaled_embedding: false,
    gate: Gate::Silu,
    local: None,
    query_divisor: |[_, _, _, head_dim]| head_dim,
    scalings: &["none", "linear"],
    keys: &[],
};

/// All families.
const ALL: [&Family; 6] = [
    &llama::FAMILY,
    &qwen2::FAMILY,
    &qwen3::FAMILY,
    &qwen3moe::FAMILY,
    &gemma3::FAMILY,
    &phi3::FAMILY,
];

/// The family of a file; none for [`bert`].
pub(crate) fn of(fields: Fields) -> Result<Option<&'static Family>, ImportError> {
    let decoders = ALL.iter().map(|family| family.name);
    let names: Vec<&str> = decoders.chain([bert::NAME]).collect();
    let place = fields.one_of("general.architecture", &names)?;
    Ok(ALL.get(place).copied())
}
