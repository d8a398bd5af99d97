//! Shapes and constants of a Llama model, from its metadata.

use crate::ImportError;
use crate::fields::Fields;
use crate::gguf::Value;
use std::ops::RangeInclusive;

/// Rows of attention, feed-forward and the residual stream: within the kernels' domain for a matrix's columns.
const WIDTHS: RangeInclusive<u32> = 1..=1 << 19;
/// Layers: six times those of the deepest published Llama (126).
const LAYERS: RangeInclusive<u32> = 1..=768;
/// Heads: four times those of the widest published Llama (128).
const HEADS: RangeInclusive<u32> = 1..=512;
/// Elements of a head: four times the longest of published models (256).
const HEAD_DIMS: RangeInclusive<u32> = 1..=1024;
/// Positions that a file may announce.
const CONTEXTS: RangeInclusive<u32> = 2..=u32::MAX;
/// The base of rotary frequencies where a file doesn't say: that of the first Llama.
const DEFAULT_ROPE_BASE: f64 = 10_000.0;

/// Keys that are read.
const KNOWN: [&str; 15] = [
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.type",
    "vocab_size",
    "expert_count",
    "expert_used_count",
];

/// Sizes and constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hyper {
    /// Positions that the model was trained for.
    pub(crate) context: u32,
    /// Elements of the residual stream.
    pub(crate) dim: u32,
    /// Elements of the feed-forward network.
    pub(crate) hidden: u32,
    /// Layers.
    pub(crate) layers: u32,
    /// Query heads.
    pub(crate) heads: u32,
    /// Key and value heads.
    pub(crate) kv_heads: u32,
    /// Elements of a head.
    pub(crate) head_dim: u32,
    /// Elements of a head that are rotated.
    pub(crate) rotary: u32,
    /// Base of the rotary frequencies.
    pub(crate) rope_base: f64,
    /// RMSNorm's epsilon.
    pub(crate) epsilon: f32,
}

impl Hyper {
    /// Reads `llama.*`.
    pub(crate) fn read(fields: Fields) -> Result<Self, ImportError> {
        refuse_unknown(fields)?;
        let number = |key: &str, range| fields.u32(&format!("llama.{key}"), range);
        let optional = |key: &str, range| fields.optional_u32(&format!("llama.{key}"), range);
        let dim = number("embedding_length", WIDTHS)?;
        let heads = number("attention.head_count", HEADS)?;
        let kv_heads = optional("attention.head_count_kv", HEADS)?.unwrap_or(heads);
        multiple(
            "llama.attention.head_count",
            heads,
            "llama.attention.head_count_kv",
            kv_heads,
        )?;
        let head_dim = match optional("attention.key_length", HEAD_DIMS)? {
            Some(length) => length,
            None => {
                multiple(
                    "llama.embedding_length",
                    dim,
                    "llama.attention.head_count",
                    heads,
                )?;
                within(
                    "llama.embedding_length / llama.attention.head_count",
                    dim / heads,
                    HEAD_DIMS,
                )?
            }
        };
        let value_length = optional("attention.value_length", HEAD_DIMS)?.unwrap_or(head_dim);
        equal("llama.attention.value_length", value_length, head_dim)?;
        let rotary = optional("rope.dimension_count", 0..=head_dim)?.unwrap_or(head_dim);
        multiple("llama.rope.dimension_count", rotary, "pairs:", 2)?;
        Ok(Hyper {
            context: number("context_length", CONTEXTS)?,
            dim,
            hidden: number("feed_forward_length", WIDTHS)?,
            layers: number("block_count", LAYERS)?,
            heads,
            kv_heads,
            head_dim,
            rotary,
            rope_base: fields.positive("llama.rope.freq_base", Some(DEFAULT_ROPE_BASE))?,
            epsilon: fields.positive("llama.attention.layer_norm_rms_epsilon", None)? as f32,
        })
    }

    /// Elements of a row of queries.
    pub(crate) fn query_width(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Elements of a row of keys or values.
    pub(crate) fn kv_width(&self) -> u32 {
        self.kv_heads * self.head_dim
    }
}

/// Keys of the family that aren't known, and known ones that ask for what isn't supported.
fn refuse_unknown(fields: Fields) -> Result<(), ImportError> {
    for key in fields.0.keys() {
        let Some(name) = key.strip_prefix("llama.") else {
            continue;
        };
        if !KNOWN.contains(&name) {
            return Err(ImportError::Unknown {
                what: "key",
                name: key.into(),
                family: "llama",
            });
        }
    }
    if fields.0.get("llama.rope.scaling.type").is_some() {
        fields.one_of("llama.rope.scaling.type", &["none"])?;
    }
    for key in ["llama.expert_count", "llama.expert_used_count"] {
        match fields.0.get(key) {
            None | Some(Value::Integer(0)) => {}
            Some(_) => equal(key, fields.u32(key, 0..=u32::MAX)?, 0)?,
        }
    }
    Ok(())
}

fn multiple(key: &str, got: u32, of: &str, divisor: u32) -> Result<(), ImportError> {
    if got.is_multiple_of(divisor) {
        return Ok(());
    }
    Err(ImportError::Value {
        key: key.into(),
        got: got.to_string(),
        expected: format!("a multiple of {of} {divisor}"),
    })
}

fn within(key: &str, got: u32, range: RangeInclusive<u32>) -> Result<u32, ImportError> {
    if range.contains(&got) {
        return Ok(got);
    }
    Err(ImportError::Value {
        key: key.into(),
        got: got.to_string(),
        expected: format!("{} to {}", range.start(), range.end()),
    })
}

fn equal(key: &str, got: u32, expected: u32) -> Result<(), ImportError> {
    if got == expected {
        return Ok(());
    }
    Err(ImportError::Value {
        key: key.into(),
        got: got.to_string(),
        expected: expected.to_string(),
    })
}
