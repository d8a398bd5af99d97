//! Shapes and constants of a decoder, from its metadata.

use crate::ImportError;
use crate::families::{Family, Local};
use crate::fields::Fields;
use crate::gguf::Value;
use std::ops::{Range, RangeInclusive};

/// The matrix of queries, keys and values, one after the other.
pub(super) const QKV: &str = "attn_qkv";
/// That of gate and up.
pub(super) const GATE_UP: &str = "ffn_up";
/// Rows of attention, feed-forward and the residual stream: within the kernels' domain for a matrix's columns.
const WIDTHS: RangeInclusive<u32> = 1..=1 << 19;
/// Layers: six times those of the deepest published Llama (126).
const LAYERS: RangeInclusive<u32> = 1..=768;
/// Heads: four times those of the widest published Llama (128).
const HEADS: RangeInclusive<u32> = 1..=512;
/// Elements of a head: four times the longest of published models (256).
const HEAD_DIMS: RangeInclusive<u32> = 1..=1024;
/// Experts of a layer: four times as many as the largest published models have (512).
const EXPERTS: RangeInclusive<u32> = 1..=2048;
/// Positions that a file may announce.
const CONTEXTS: RangeInclusive<u32> = 2..=u32::MAX;
/// The base of rotary frequencies where a file doesn't say: that of the first Llama.
const DEFAULT_ROPE_BASE: f64 = 10_000.0;

/// Keys that are read in every family.
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
    "attention.sliding_window",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.type",
    "rope.scaling.factor",
    "vocab_size",
];

/// What rotary positions follow from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frequencies {
    /// Base of the frequencies.
    pub(crate) base: f64,
    /// The same in layers that see a window, where they have one of their own.
    pub(crate) local_base: Option<f64>,
    /// What frequencies of layers that see everything are divided by.
    pub(crate) divisor: f64,
    /// Positions up to which a file's short factors count, beyond which its long ones.
    pub(crate) original_context: Option<u32>,
    /// What cosines and sines are multiplied by.
    pub(crate) magnitude: f64,
}

/// A mixture of experts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Experts {
    /// Experts of a layer.
    pub(crate) count: u32,
    /// How many a token is sent to.
    pub(crate) used: u32,
}

/// Sizes and constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hyper {
    /// Positions that the model was trained for.
    pub(crate) context: u32,
    /// Positions that a layer sees, its own among them, if the file says.
    pub(crate) window: Option<u32>,
    /// Elements of the residual stream.
    pub(crate) dim: u32,
    /// Elements of the feed-forward network, or of one expert's.
    pub(crate) hidden: u32,
    /// The experts, in a family that has them.
    pub(crate) experts: Option<Experts>,
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
    /// What rotary positions follow from.
    pub(crate) rope: Frequencies,
    /// RMSNorm's epsilon.
    pub(crate) epsilon: f32,
}

impl Hyper {
    /// The rows of the matrices that a fused one of this name is made of; `None` for other tensors.
    pub(crate) fn parts(&self, tensor: &str) -> Option<Vec<Range<u32>>> {
        let (queries, kv) = (self.query_width(), self.kv_width());
        let rows = match tensor.strip_suffix(".weight")?.rsplit_once('.')?.1 {
            QKV => &[queries, kv, kv][..],
            GATE_UP => &[self.hidden; 2],
            _ => return None,
        };
        let mut end = 0;
        let part = |rows: &u32| {
            let start = end;
            end += rows;
            start..end
        };
        Some(rows.iter().map(part).collect())
    }

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
        let hidden = match family.experts {
            true => "expert_feed_forward_length",
            false => "feed_forward_length",
        };
        Ok(Hyper {
            context: keys.number("context_length", CONTEXTS)?,
            window: keys.optional("attention.sliding_window", 0..=u32::MAX)?,
            dim,
            hidden: keys.number(hidden, WIDTHS)?,
            experts: family.experts.then(|| keys.experts()).transpose()?,
            layers: keys.number("block_count", LAYERS)?,
            heads,
            kv_heads,
            head_dim,
            rotary,
            rope: keys.frequencies()?,
            epsilon: keys.positive("attention.layer_norm_rms_epsilon", None)? as f32,
        })
    }

    /// Positions that a layer sees, of those that are kept.
    pub(crate) fn seen(&self, family: &Family, layer: u32, context: u32) -> u32 {
        match (self.window, self.is_local(family, layer)) {
            (None | Some(0), _) | (_, false) => context,
            (Some(window), true) => window.min(context),
        }
    }

    /// Whether a layer sees a window alone, if the file says of one.
    pub(crate) fn is_local(&self, family: &Family, layer: u32) -> bool {
        let sees_all = |local: &Local| (layer + 1).is_multiple_of(local.every);
        !family.local.as_ref().is_some_and(sees_all)
    }

    /// Elements of what lies between the feed-forward network's matrices: of all experts that a token is sent to.
    pub(crate) fn hidden_width(&self) -> u32 {
        self.hidden
            .saturating_mul(self.experts.map_or(1, |experts| experts.used))
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

    /// Experts, whose shares are always made to add up to one.
    fn experts(&self) -> Result<Experts, ImportError> {
        let key = self.full("expert_weights_norm");
        if !self.fields.truth(&key, true)? {
            return Err(ImportError::Value {
                key,
                got: "false".into(),
                expected: "true".into(),
            });
        }
        let count = self.number("expert_count", EXPERTS)?;
        let used = self.number("expert_used_count", 1..=count)?;
        Ok(Experts { count, used })
    }

    /// Base, scaling, and what some families have beside them.
    fn frequencies(&self) -> Result<Frequencies, ImportError> {
        let scaling = self.full("rope.scaling.type");
        let kind = match self.fields.0.get(&scaling) {
            None => "linear",
            Some(_) => {
                let kinds = self.family.scalings;
                kinds[self.fields.one_of(&scaling, kinds)?]
            }
        };
        let factor = self.positive("rope.scaling.factor", Some(1.0))?;
        let local = |local: Local| self.positive("rope.freq_base_swa", Some(local.rope_base));
        let original = "rope.scaling.original_context_length";
        Ok(Frequencies {
            base: self.positive("rope.freq_base", Some(DEFAULT_ROPE_BASE))?,
            local_base: self.family.local.map(local).transpose()?,
            divisor: if kind == "linear" { factor } else { 1.0 },
            original_context: self.optional(original, CONTEXTS)?,
            magnitude: self.positive("rope.scaling.attn_factor", Some(1.0))?,
        })
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
        if self.family.experts {
            return Ok(());
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
