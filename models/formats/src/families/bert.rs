//! bert, as sentence-transformers runs it, from a folder of safetensors or a GGUF file.

use crate::assemble::{Assembly, ImageInfo};
use crate::beside::{Beside, CONFIG, MODULES, POOLING, SENTENCE};
use crate::encoder::{self, ENDS, Hyper, Sentence, Source};
use crate::fields::{Fields, missing};
use crate::file::ModelFile;
use crate::gguf::Gguf;
use crate::json::{self, Json};
use crate::matrices::{Matrices, Matrix};
use crate::safetensors::{Contents, Tensors};
use crate::vocab::WordPiece;
use crate::{ImportError, Limits};
use gavel_program::{Operand, Program};
use serde_json::Value;
use std::sync::Arc;

/// The family's name in `config.json` and as GGUF's architecture.
pub(crate) const NAME: &str = "bert";
/// What may stand before the names of all tensors.
const PREFIX: &str = "bert.";

/// What `config.json` says of the model.
fn hyper(config: Json<'_>) -> Result<Hyper, ImportError> {
    config.one_of("model_type", &[NAME])?;
    config.one_of("hidden_act", &["gelu"])?;
    if config.get("position_embedding_type").is_some() {
        config.one_of("position_embedding_type", &["absolute"])?;
    }
    for key in ["is_decoder", "add_cross_attention"] {
        config.must_be(key, false)?;
    }
    let epsilon = config
        .get("layer_norm_eps")
        .and_then(|value| value.value.as_f64());
    let epsilon = epsilon.filter(|epsilon| (f64::from(f32::MIN_POSITIVE)..1.0).contains(epsilon));
    let dim = config.u32("hidden_size", 1..=1 << 14)?;
    let heads = config.u32("num_attention_heads", 1..=dim)?;
    if !dim.is_multiple_of(heads) {
        return Err(config.refused("num_attention_heads", format!("a divisor of {dim}")));
    }
    Ok(Hyper {
        layers: config.u32("num_hidden_layers", 1..=256)?,
        dim,
        heads,
        hidden: config.u32("intermediate_size", 1..=1 << 16)?,
        epsilon: epsilon.ok_or_else(|| config.refused("layer_norm_eps", "above 0, below 1"))?
            as f32,
        vocab: config.u32("vocab_size", 1..=1 << 18)?,
        types: config.u32("type_vocab_size", 1..=1 << 10)?,
        positions: config.u32("max_position_embeddings", ENDS..=1 << 16)?,
    })
}

/// What sentence-transformers' own files say. A folder without them is what it makes of that: the mean, whatever its length.
fn sentence(beside: &Beside, positions: u32) -> Result<Sentence, ImportError> {
    let most = match json::parse(beside, SENTENCE)? {
        Some(value) => {
            Json::new(SENTENCE, &value).u32_or("max_seq_length", ENDS..=positions, positions)?
        }
        None => positions,
    };
    if let Some(value) = json::parse(beside, POOLING)? {
        let pooling = Json::new(POOLING, &value);
        pooling.must_be("pooling_mode_mean_tokens", true)?;
        for key in [
            "pooling_mode_cls_token",
            "pooling_mode_max_tokens",
            "pooling_mode_mean_sqrt_len_tokens",
            "pooling_mode_weightedmean_tokens",
            "pooling_mode_lasttoken",
        ] {
            pooling.must_be(key, false)?;
        }
    }
    let modules = json::parse(beside, MODULES)?.unwrap_or(Value::Array(Vec::new()));
    Ok(Sentence {
        most,
        unit: unit(&modules)?,
    })
}

/// Whether the modules end with one that makes a vector's length 1.
fn unit(modules: &Value) -> Result<bool, ImportError> {
    let kind = |module: &Value| {
        let name = module.get("type")?.as_str()?;
        Some(name.rsplit('.').next().unwrap_or(name).to_owned())
    };
    let modules = modules.as_array().map_or(&[][..], Vec::as_slice);
    let kinds: Vec<Option<String>> = modules.iter().map(kind).collect();
    let kinds: Vec<&str> = kinds
        .iter()
        .map(|kind| kind.as_deref().unwrap_or("?"))
        .collect();
    match kinds.as_slice() {
        [] | ["Transformer", "Pooling"] => Ok(false),
        ["Transformer", "Pooling", "Normalize"] => Ok(true),
        got => Err(ImportError::Value {
            key: MODULES.into(),
            got: format!("{got:?}").chars().take(80).collect(),
            expected: "Transformer, Pooling, and Normalize or nothing".into(),
        }),
    }
}

/// Turns a folder's files into a program.
pub(crate) fn import(
    file: &Arc<ModelFile>,
    beside: &Beside,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let config = json::parse(beside, CONFIG)?.unwrap_or(Value::Null);
    let hyper = hyper(Json::new(CONFIG, &config))?;
    let sentence = sentence(beside, hyper.positions)?;
    let vocab = WordPiece::read(beside)?;
    let contents = Contents::parse(file.bytes())?;
    let prefix = match contents.0.keys().any(|name| name.starts_with(PREFIX)) {
        true => PREFIX,
        false => "",
    };
    let tensors = Tensors::new(file, &contents, NAME, prefix, is_idle);
    encoder::build(hyper, sentence, &vocab, tensors, limits, image)
}

/// Tensors that the mean doesn't depend on: numbers of positions, what comes after the first token's row, heads for training.
fn is_idle(name: &str) -> bool {
    name == "embeddings.position_ids" || name.starts_with("pooler.") || name.starts_with("cls.")
}

impl Source for Tensors<'_> {
    fn matrix(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: [u32; 2],
    ) -> Result<Matrix, ImportError> {
        self.take(assembly, name, shape)
    }

    fn numbers(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Operand, ImportError> {
        self.take_f32(assembly, name, shape)
    }

    fn refuse_unused(&self) -> Result<(), ImportError> {
        Tensors::refuse_unused(self)
    }
}

/// Keys of a GGUF file under the family's name, all of them read.
const KEYS: [&str; 8] = [
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
    "attention.layer_norm_epsilon",
    "attention.causal",
    "pooling_type",
];
/// Code of the mean among the ways to make one vector of the rows.
const MEAN: u32 = 1;
/// Types of tokens where a file doesn't say: as in BERT's own models.
const TYPES: u32 = 2;

/// Turns a GGUF file into a program. Such a file doesn't say whether the vector has length 1: it has, as llama.cpp's own programs make it.
pub(crate) fn import_gguf(
    file: &Arc<ModelFile>,
    gguf: &Gguf<'_>,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let fields = Fields(&gguf.metadata);
    let vocab = WordPiece::of_gguf(fields)?;
    let hyper = gguf_hyper(fields, vocab.len)?;
    let sentence = Sentence {
        most: hyper.positions,
        unit: true,
    };
    let matrices = Matrices::new(file, gguf, NAME, limits.max_plane_bytes);
    encoder::build(hyper, sentence, &vocab, matrices, limits, image)
}

/// What the metadata say of the model.
fn gguf_hyper(fields: Fields<'_, '_>, vocab: u32) -> Result<Hyper, ImportError> {
    let full = |key: &str| format!("{NAME}.{key}");
    for key in fields.0.keys() {
        let own = key.strip_prefix(NAME).and_then(|key| key.strip_prefix('.'));
        if own.is_some_and(|own| !KEYS.contains(&own)) {
            return Err(ImportError::Unknown {
                what: "key",
                name: key.into(),
                family: NAME,
            });
        }
    }
    let must_be = |key: &str, got: String, expected: &str| ImportError::Value {
        key: full(key),
        got,
        expected: expected.into(),
    };
    if fields.truth(&full("attention.causal"), false)? {
        return Err(must_be("attention.causal", "true".into(), "false"));
    }
    let pooling = fields.optional_u32(&full("pooling_type"), 0..=u32::MAX)?;
    if let Some(other) = pooling.filter(|pooling| *pooling != MEAN) {
        return Err(must_be("pooling_type", other.to_string(), "1, the mean"));
    }
    let number = |key: &str, range| fields.u32(&full(key), range);
    let dim = number("embedding_length", 1..=1 << 14)?;
    let heads = number("attention.head_count", 1..=dim)?;
    if !dim.is_multiple_of(heads) {
        let expected = format!("a divisor of {dim}");
        return Err(must_be(
            "attention.head_count",
            heads.to_string(),
            &expected,
        ));
    }
    let epsilon = fields.positive(&full("attention.layer_norm_epsilon"), None)?;
    if !(f64::from(f32::MIN_POSITIVE)..1.0).contains(&epsilon) {
        let key = "attention.layer_norm_epsilon";
        return Err(must_be(key, epsilon.to_string(), "above 0, below 1"));
    }
    let types = fields.optional_u32("tokenizer.ggml.token_type_count", 1..=1 << 10)?;
    Ok(Hyper {
        layers: number("block_count", 1..=256)?,
        dim,
        heads,
        hidden: number("feed_forward_length", 1..=1 << 16)?,
        epsilon: epsilon as f32,
        vocab,
        types: types.unwrap_or(TYPES),
        positions: number("context_length", ENDS..=1 << 16)?,
    })
}

/// What GGUF calls the parts of a layer.
const PARTS: [(&str, &str); 8] = [
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];
/// And those before the layers.
const TABLES: [(&str, &str); 4] = [
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.LayerNorm", "token_embd_norm"),
];

/// A tensor's name in GGUF.
fn gguf_name(name: &str) -> Result<String, ImportError> {
    let found = || {
        let (part, kind) = name.rsplit_once('.')?;
        let find = |names: &[(&str, &'static str)], part: &str| {
            let found = names.iter().find(|(theirs, _)| *theirs == part);
            found.map(|(_, name)| *name)
        };
        match part.strip_prefix("encoder.layer.") {
            Some(part) => {
                let (layer, part) = part.split_once('.')?;
                Some(format!("blk.{layer}.{}.{kind}", find(&PARTS, part)?))
            }
            None => Some(format!("{}.{kind}", find(&TABLES, part)?)),
        }
    };
    found().ok_or_else(|| missing(name, "a tensor that GGUF has a name for"))
}

impl Source for Matrices<'_> {
    fn matrix(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        [rows, cols]: [u32; 2],
    ) -> Result<Matrix, ImportError> {
        self.take_whole(assembly, &gguf_name(name)?, &[rows, cols])
    }

    fn numbers(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Operand, ImportError> {
        self.take_f32(assembly, &gguf_name(name)?, shape)
    }

    fn refuse_unused(&self) -> Result<(), ImportError> {
        Matrices::refuse_unused(self)
    }
}
