//! Shapes and constants of a decoder, from its metadata.

use crate::ImportError;
use crate::families::Family;
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

/// Keys that are read in every family.
const KNOWN: [&str; 14] = [
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.type",
    "vocab_size",
];

/// Sizes and constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hyper {
    /// Positions that the model was trained for.
    pub(crate) context: u32,
    /// Positions that a layer sees, its own among them, if the file says.
    pub(crate) window: Option<u32>,
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
    /// Reads the keys of a family.
    pub(crate) fn read(fields: Fields, family: &'static Family) -> Result<Self, ImportError> {
        let keys = Keys { fields, family };
        keys.refuse_unknown()?;
        let dim = keys.number("embedding_length", WIDTHS)?;
        let heads = keys.number("attention.head_count", HEADS)?;
        let kv_heads = keys
            .optional("attention.head_count_kv", HEADS)?
            .unwrap_or(heads);
        keys.multiple(
            "attention.head_count",
            heads,
            "attention.head_count_kv",
            kv_heads,
        )?;
        let head_dim = keys.head_dim(dim, heads)?;
        let rotary = keys
            .optional("rope.dimension_count", 0..=head_dim)?
            .unwrap_or(head_dim);
        multiple(keys.full("rope.dimension_count"), rotary, "pairs:", 2)?;
        Ok(Hyper {
            context: keys.number("context_length", CONTEXTS)?,
            window: keys.optional("attention.sliding_window", 0..=u32::MAX)?,
            dim,
            hidden: keys.number("feed_forward_length", WIDTHS)?,
            layers: keys.number("block_count", LAYERS)?,
            heads,
            kv_heads,
            head_dim,
            rotary,
            rope_base: keys.positive("rope.freq_base", Some(DEFAULT_ROPE_BASE))?,
            epsilon: keys.positive("attention.layer_norm_rms_epsilon", None)? as f32,
        })
    }

    /// Positions that the program keeps. A layer that sees fewer of them is not supported.
    pub(crate) fn kept(&self, most: u32, family: &Family) -> Result<u32, ImportError> {
        let context = self.context.min(most);
        match self.window {
            None | Some(0) => Ok(context),
            Some(window) if window >= context => Ok(context),
            Some(window) => Err(ImportError::Value {
                key: format!("{}.attention.sliding_window", family.name),
                got: window.to_string(),
                expected: format!("at least {context}, the positions that are kept"),
            }),
        }
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

/// A family's keys.
struct Keys<'m, 'a> {
    fields: Fields<'m, 'a>,
    family: &'static Family,
}

impl Keys<'_, '_> {
    fn full(&self, key: &str) -> String {
        format!("{}.{key}", self.family.name)
    }

    fn number(&self, key: &str, range: RangeInclusive<u32>) -> Result<u32, ImportError> {
        self.fields.u32(&self.full(key), range)
    }

    fn optional(&self, key: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, ImportError> {
        self.fields.optional_u32(&self.full(key), range)
    }

    fn positive(&self, key: &str, default: Option<f64>) -> Result<f64, ImportError> {
        self.fields.positive(&self.full(key), default)
    }

    fn multiple(&self, key: &str, got: u32, of: &str, divisor: u32) -> Result<(), ImportError> {
        multiple(self.full(key), got, &self.full(of), divisor)
    }

    /// Elements of a head: as the file says, else an equal part of the residual stream.
    fn head_dim(&self, dim: u32, heads: u32) -> Result<u32, ImportError> {
        let (width, count) = ("embedding_length", "attention.head_count");
        let head_dim = match self.optional("attention.key_length", HEAD_DIMS)? {
            Some(length) => length,
            None => {
                self.multiple(width, dim, count, heads)?;
                let quotient = format!("{} / {}", self.full(width), self.full(count));
                within(quotient, dim / heads, HEAD_DIMS)?
            }
        };
        let value = self.optional("attention.value_length", HEAD_DIMS)?;
        let key = self.full("attention.value_length");
        equal(&key, value.unwrap_or(head_dim), head_dim)?;
        Ok(head_dim)
    }

    /// Refuses keys of the family that aren't known, and known ones that ask for what isn't supported.
    fn refuse_unknown(&self) -> Result<(), ImportError> {
        let prefix = self.full("");
        for key in self.fields.0.keys() {
            let Some(name) = key.strip_prefix(&prefix) else {
                continue;
            };
            if !KNOWN.contains(&name) && !self.family.keys.contains(&name) {
                return Err(ImportError::Unknown {
                    what: "key",
                    name: key.into(),
                    family: self.family.name,
                });
            }
        }
        let scaling = self.full("rope.scaling.type");
        if self.fields.0.get(&scaling).is_some() {
            self.fields.one_of(&scaling, &["none"])?;
        }
        for key in ["expert_count", "expert_used_count"].map(|key| self.full(key)) {
            match self.fields.0.get(&key) {
                None | Some(Value::Integer(0)) => {}
                Some(_) => equal(&key, self.fields.u32(&key, 0..=u32::MAX)?, 0)?,
            }
        }
        Ok(())
    }
}

fn multiple(key: String, got: u32, of: &str, divisor: u32) -> Result<(), ImportError> {
    if got.is_multiple_of(divisor) {
        return Ok(());
    }
    Err(ImportError::Value {
        key,
        got: got.to_string(),
        expected: format!("a multiple of {of} {divisor}"),
    })
}

fn within(key: String, got: u32, range: RangeInclusive<u32>) -> Result<u32, ImportError> {
    if range.contains(&got) {
        return Ok(got);
    }
    Err(ImportError::Value {
        key,
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
