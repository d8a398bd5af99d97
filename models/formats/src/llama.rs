//! The Llama family: from names in a file to slots, weights and nodes.
//!
//! Every layer is, with a residual stream `x`: RMSNorm, attention over a cache of keys and values with rotary positions, and
//! RMSNorm, a gated feed-forward network. Published files store query and key rows such that rotary pairs are neighbours.

use crate::assemble::{Assembly, Bounds, ImageInfo, window_bytes};
use crate::file::ModelFile;
use crate::gguf::Gguf;
use crate::hyper::Hyper;
use crate::matrices::{Matrices, Matrix};
use crate::text::TextNodes;
use crate::vocab::Vocab;
use crate::{ImportError, Limits, rope};
use gavel_program::op::{
    Advance, Elementwise, Embed, Linear, Probs, RmsNorm, Rope, Sample, Scores, Softmax, StoreRow,
    WeightedSum,
};
use gavel_program::{DType, Op, Operand, Phase, Program};
use std::sync::Arc;

/// The phases in which the layers run.
const LAYERS: u32 = Phase::Prefill.bit() | Phase::Generate.bit();
/// The phase in which the head runs.
const HEAD: u32 = Phase::Generate.bit();
/// All phases of a request under way.
const ALWAYS: u32 = LAYERS | Phase::Tokenize.bit() | Phase::Detokenize.bit();
/// End tokens that the operator compares with.
const MAX_ENDS: usize = 4;

/// The slots that a step passes through.
struct Slots {
    control: u32,
    tokens: u32,
    count: u32,
    x: u32,
    normed: u32,
    q: u32,
    k: u32,
    v: u32,
    scores: u32,
    probs: u32,
    attention: u32,
    projected: u32,
    gate: u32,
    up: u32,
    hidden: u32,
    logits: u32,
    sampler: u32,
}

/// A program in the making, with what its nodes are made of.
struct Builder<'a> {
    assembly: Assembly,
    matrices: Matrices<'a>,
    hyper: Hyper,
    context: u32,
    vocab: u32,
    slots: Slots,
    rope: Operand,
}

/// Turns a file into a program.
pub(crate) fn import(
    file: &Arc<ModelFile>,
    gguf: &Gguf,
    vocab: &Vocab,
    hyper: Hyper,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let context = hyper.context.min(limits.max_context);
    let tokens_capacity = context + 1;
    let max_prompt = limits.prompt_bytes(context);
    let max_output = limits.output_bytes(context);

    let mut assembly = Assembly::default();
    let control = assembly.persistent("control", DType::I32, &[64])?;
    let prompt = assembly.persistent("prompt", DType::U8, &[max_prompt])?;
    let tokens = assembly.persistent("tokens", DType::I32, &[tokens_capacity])?;
    let output = assembly.persistent("output", DType::U8, &[max_output])?;
    let count = assembly.scratch("count", DType::I32, &[64])?;
    let text = TextNodes::new(
        &mut assembly,
        vocab,
        [prompt, tokens, output, count],
        [max_prompt, tokens_capacity, max_output],
    );
    text.tokenize(&mut assembly);

    let slots = slots(
        &mut assembly,
        &hyper,
        context,
        vocab.len() as u32,
        [control, tokens, count],
    )?;
    window_bytes("rope.table", DType::F32, &[context, hyper.rotary])?;
    let table = rope::table(context, hyper.rotary, hyper.rope_base);
    let rope = assembly.weight("rope.table".into(), DType::F32, Arc::new(table));
    let mut builder = Builder {
        assembly,
        matrices: Matrices::new(file, gguf),
        hyper,
        context,
        vocab: vocab.len() as u32,
        slots,
        rope,
    };
    let table = builder.embed()?;
    for layer in 0..hyper.layers {
        builder.attention(layer)?;
        builder.feed_forward(layer)?;
    }
    builder.head(table)?;
    text.detokenize(&mut builder.assembly);
    builder.advance(&vocab.ends, max_output);
    builder.matrices.refuse_unused()?;

    let bounds = Bounds {
        prompt_slot: prompt,
        control_slot: control,
        output_slot: output,
        max_prompt_bytes: max_prompt,
        max_output_bytes: max_output,
        context,
    };
    Ok(builder.assembly.finish(bounds, image))
}

fn slots(
    assembly: &mut Assembly,
    hyper: &Hyper,
    context: u32,
    vocab: u32,
    [control, tokens, count]: [u32; 3],
) -> Result<Slots, ImportError> {
    let (dim, hidden, queries, kv) = (
        hyper.dim,
        hyper.hidden,
        hyper.query_width(),
        hyper.kv_width(),
    );
    let mut scratch = |name: &str, dims: &[u32]| assembly.scratch(name, DType::F32, dims);
    Ok(Slots {
        control,
        tokens,
        count,
        x: scratch("x", &[dim])?,
        normed: scratch("normed", &[dim])?,
        q: scratch("q", &[queries])?,
        k: scratch("k", &[kv])?,
        v: scratch("v", &[kv])?,
        scores: scratch("scores", &[hyper.heads, context])?,
        probs: scratch("probs", &[hyper.heads, context])?,
        attention: scratch("attention", &[queries])?,
        projected: scratch("projected", &[dim])?,
        gate: scratch("gate", &[hidden])?,
        up: scratch("up", &[hidden])?,
        hidden: scratch("hidden", &[hidden])?,
        logits: scratch("logits", &[vocab])?,
        sampler: scratch("sampler weights", &[vocab])?,
    })
}

impl Builder<'_> {
    fn layer_node(&mut self, op: Op, inputs: &[Operand], output: u32) {
        self.assembly.node(op, LAYERS, inputs, output);
    }

    fn embed(&mut self) -> Result<Matrix, ImportError> {
        let table = self.matrices.take(
            &mut self.assembly,
            "token_embd.weight",
            self.vocab,
            self.hyper.dim,
        )?;
        let op = Op::Embed(Embed {
            dim: self.hyper.dim,
            vocab: self.vocab,
            tokens_capacity: self.context + 1,
            format: table.format,
        });
        let inputs = table.after(Operand::Slot(self.slots.tokens));
        self.layer_node(op, &inputs, self.slots.x);
        Ok(table)
    }

    /// `normed = RMSNorm(x)` with the weights of that name.
    fn norm(&mut self, name: &str, predicate: u32) -> Result<(), ImportError> {
        let weight = self
            .matrices
            .take_norm(&mut self.assembly, name, self.hyper.dim)?;
        let op = Op::RmsNorm(RmsNorm {
            dim: self.hyper.dim,
            eps: self.hyper.epsilon.to_bits(),
        });
        let inputs = [Operand::Slot(self.slots.x), weight];
        self.assembly
            .node(op, predicate, &inputs, self.slots.normed);
        Ok(())
    }

    /// `output = W input`, W being the layer's matrix of that name.
    fn linear(
        &mut self,
        layer: u32,
        name: &str,
        [rows, cols]: [u32; 2],
        input: u32,
        output: u32,
    ) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.weight");
        let matrix = self.matrices.take(&mut self.assembly, &name, rows, cols)?;
        let op = Op::Linear(Linear {
            rows,
            cols,
            format: matrix.format,
        });
        self.layer_node(op, &matrix.after(Operand::Slot(input)), output);
        Ok(())
    }

    /// Rotates heads in place.
    fn rotate(&mut self, heads: u32, slot: u32) {
        let op = Op::Rope(Rope {
            heads,
            head_dim: self.hyper.head_dim,
            rotary: self.hyper.rotary,
            context: self.context,
        });
        let inputs = [Operand::Slot(slot), self.rope];
        self.layer_node(op, &inputs, slot);
    }

    /// `x = x + projected`.
    fn add_projected(&mut self) {
        let op = Op::Add(Elementwise {
            len: self.hyper.dim,
        });
        let inputs = [self.slots.x, self.slots.projected].map(Operand::Slot);
        self.layer_node(op, &inputs, self.slots.x);
    }

    fn attention(&mut self, layer: u32) -> Result<(), ImportError> {
        let hyper = self.hyper;
        let (dim, queries, kv) = (hyper.dim, hyper.query_width(), hyper.kv_width());
        let shape = [self.context, kv];
        let keys = self
            .assembly
            .persistent(format!("keys {layer}"), DType::F32, &shape)?;
        let values = self
            .assembly
            .persistent(format!("values {layer}"), DType::F32, &shape)?;
        let (normed, q, k, v) = (self.slots.normed, self.slots.q, self.slots.k, self.slots.v);

        self.norm(&format!("blk.{layer}.attn_norm.weight"), LAYERS)?;
        self.linear(layer, "attn_q", [queries, dim], normed, q)?;
        self.linear(layer, "attn_k", [kv, dim], normed, k)?;
        self.linear(layer, "attn_v", [kv, dim], normed, v)?;
        self.rotate(hyper.heads, q);
        self.rotate(hyper.kv_heads, k);
        let store = Op::StoreRow(StoreRow {
            width: kv,
            context: self.context,
        });
        self.layer_node(store, &[Operand::Slot(k)], keys);
        self.layer_node(store, &[Operand::Slot(v)], values);
        self.attend(keys, values);
        self.linear(
            layer,
            "attn_output",
            [dim, queries],
            self.slots.attention,
            self.slots.projected,
        )?;
        self.add_projected();
        Ok(())
    }

    /// Scores, softmax and weighted sum over the cache.
    fn attend(&mut self, keys: u32, values: u32) {
        let Hyper {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.hyper;
        let context = self.context;
        let (q, scores, probs) = (self.slots.q, self.slots.scores, self.slots.probs);
        let op = Op::Scores(Scores {
            heads,
            kv_heads,
            head_dim,
            context,
            scale: ((1.0 / f64::from(head_dim).sqrt()) as f32).to_bits(),
        });
        self.layer_node(op, &[q, keys].map(Operand::Slot), scores);
        let op = Op::Softmax(Softmax { heads, context });
        self.layer_node(op, &[Operand::Slot(scores)], probs);
        let op = Op::WeightedSum(WeightedSum {
            heads,
            kv_heads,
            head_dim,
            context,
        });
        self.layer_node(
            op,
            &[probs, values].map(Operand::Slot),
            self.slots.attention,
        );
    }

    fn feed_forward(&mut self, layer: u32) -> Result<(), ImportError> {
        let (dim, hidden) = (self.hyper.dim, self.hyper.hidden);
        let (normed, gate, up) = (self.slots.normed, self.slots.gate, self.slots.up);
        self.norm(&format!("blk.{layer}.ffn_norm.weight"), LAYERS)?;
        self.linear(layer, "ffn_gate", [hidden, dim], normed, gate)?;
        self.linear(layer, "ffn_up", [hidden, dim], normed, up)?;
        let op = Op::SwiGlu(Elementwise { len: hidden });
        self.layer_node(op, &[gate, up].map(Operand::Slot), self.slots.hidden);
        self.linear(
            layer,
            "ffn_down",
            [dim, hidden],
            self.slots.hidden,
            self.slots.projected,
        )?;
        self.add_projected();
        Ok(())
    }

    /// Logits and the choice of the next token. A file without an output matrix shares the embedding table.
    fn head(&mut self, table: Matrix) -> Result<(), ImportError> {
        let (vocab, dim) = (self.vocab, self.hyper.dim);
        self.norm("output_norm.weight", HEAD)?;
        let matrix = match self.matrices.has("output.weight") {
            true => self
                .matrices
                .take(&mut self.assembly, "output.weight", vocab, dim)?,
            false => table,
        };
        let op = Op::Linear(Linear {
            rows: vocab,
            cols: dim,
            format: matrix.format,
        });
        let inputs = matrix.after(Operand::Slot(self.slots.normed));
        self.assembly.node(op, HEAD, &inputs, self.slots.logits);
        let logits = Operand::Slot(self.slots.logits);
        let weights = Operand::Slot(self.slots.sampler);
        let op = Op::Probs(Probs { vocab });
        self.assembly.node(op, HEAD, &[logits], self.slots.sampler);
        let op = Op::Sample(Sample {
            vocab,
            tokens_capacity: self.context + 1,
        });
        self.assembly
            .node(op, HEAD, &[logits, weights], self.slots.tokens);
        Ok(())
    }

    fn advance(&mut self, ends: &[u32], output_capacity: u32) {
        let end = |place: usize| ends.get(place).copied().unwrap_or(0);
        let op = Op::Advance(Advance {
            context: self.context,
            tokens_capacity: self.context + 1,
            output_capacity,
            eos_count: ends.len().min(MAX_ENDS) as u32,
            eos0: end(0),
            eos1: end(1),
            eos2: end(2),
            eos3: end(3),
        });
        let inputs = [self.slots.count, self.slots.tokens].map(Operand::Slot);
        self.assembly.node(op, ALWAYS, &inputs, self.slots.control);
    }
}
