//! What the families share: from names in a file to slots, weights and nodes.
//!
//! Every layer is, with a residual stream `x`: RMSNorm, attention over a cache of keys and values with rotary positions, and
//! RMSNorm, a gated feed-forward network.

mod experts;
mod hyper;
mod layer;
mod rope;

use crate::assemble::{Assembly, Bounds, ImageInfo};
use crate::families::{self, Family};
use crate::fields::Fields;
use crate::file::ModelFile;
use crate::gguf::Gguf;
use crate::matrices::Matrices;
use crate::shards::Sharded;
use crate::text::TextNodes;
use crate::vocab::Vocab;
use crate::{ImportError, Limits};
use experts::ExpertSlots;
use gavel_program::op::{Advance, Penalize, Probs, RmsNorm, Sample, Scale};
use gavel_program::{DType, Op, Operand, Phase, Program};
use hyper::Hyper;
use rope::Tables;
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
    experts: Option<ExpertSlots>,
    logits: u32,
    sampler: u32,
}

/// A program in the making, with what its nodes are made of.
struct Builder<'a> {
    family: &'static Family,
    assembly: Assembly,
    matrices: Matrices<'a>,
    hyper: Hyper,
    context: u32,
    vocab: u32,
    slots: Slots,
    rope: Tables,
}

/// What is known of a file's matrices, if it is of a family that fuses some.
pub(crate) fn fused(gguf: &Gguf) -> Option<Hyper> {
    let fields = Fields(&gguf.metadata);
    let family = families::of(fields).ok()??;
    family.fused.then(|| Hyper::read(fields, family).ok())?
}

/// Turns a file of a family into a program.
pub(crate) fn import(
    family: &'static Family,
    file: &Arc<ModelFile>,
    gguf: &Gguf,
    vocab: &Vocab,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let fields = Fields(&gguf.metadata);
    let hyper = Hyper::read(fields, family)?;
    let tokens = vocab.len() as u32;
    fields.optional_u32(&format!("{}.vocab_size", family.name), tokens..=tokens)?;
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
    let mut matrices = Matrices::new(file, gguf, family.name, limits.max_plane_bytes);
    let rope = Tables::new(&mut assembly, &mut matrices, &hyper, context)?;
    let mut builder = Builder {
        family,
        assembly,
        matrices,
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
    text.find_stop(&mut builder.assembly);
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
        hyper.hidden_width(),
        hyper.query_width(),
        hyper.kv_width(),
    );
    let experts = hyper
        .experts
        .map(|experts| ExpertSlots::new(assembly, experts, dim));
    let experts = experts.transpose()?;
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
        experts,
        logits: scratch("logits", &[vocab])?,
        sampler: scratch("sampler weights", &[vocab])?,
    })
}

impl Builder<'_> {
    fn layer_node(&mut self, op: Op, inputs: &[Operand], output: u32) {
        self.assembly.node(op, LAYERS, inputs, output);
    }

    fn embed(&mut self) -> Result<Sharded, ImportError> {
        let table = self.matrices.take(
            &mut self.assembly,
            "token_embd.weight",
            self.vocab,
            self.hyper.dim,
        )?;
        let tokens = Operand::Slot(self.slots.tokens);
        for (op, inputs) in table.embed(tokens, self.context + 1) {
            self.layer_node(op, &inputs, self.slots.x);
        }
        if self.family.scaled_embedding {
            let op = Op::Scale(Scale {
                len: self.hyper.dim,
                factor: (f64::from(self.hyper.dim).sqrt() as f32).to_bits(),
            });
            self.layer_node(op, &[Operand::Slot(self.slots.x)], self.slots.x);
        }
        Ok(table)
    }

    /// `to = RMSNorm(from)`, both of the residual stream's length, with the weights of that name.
    fn norm(
        &mut self,
        name: &str,
        predicate: u32,
        [from, to]: [u32; 2],
    ) -> Result<(), ImportError> {
        let weight = self
            .matrices
            .take_vector(&mut self.assembly, name, self.hyper.dim)?;
        let op = Op::RmsNorm(RmsNorm {
            rows: 1,
            dim: self.hyper.dim,
            eps: self.hyper.epsilon.to_bits(),
        });
        let inputs = [Operand::Slot(from), weight];
        self.assembly.node(op, predicate, &inputs, to);
        Ok(())
    }

    /// Logits and the choice of the next token. A file without an output matrix shares the embedding table.
    fn head(&mut self, table: Sharded) -> Result<(), ImportError> {
        let (vocab, dim) = (self.vocab, self.hyper.dim);
        let slots = [self.slots.x, self.slots.normed];
        self.norm("output_norm.weight", HEAD, slots)?;
        let matrix = match self.matrices.has("output.weight") {
            true => self
                .matrices
                .take(&mut self.assembly, "output.weight", vocab, dim)?,
            false => table,
        };
        for (op, inputs) in matrix.linear(Operand::Slot(self.slots.normed)) {
            self.assembly.node(op, HEAD, &inputs, self.slots.logits);
        }
        let logits = Operand::Slot(self.slots.logits);
        let weights = Operand::Slot(self.slots.sampler);
        let op = Op::Penalize(Penalize {
            vocab,
            tokens_capacity: self.context + 1,
        });
        let tokens = Operand::Slot(self.slots.tokens);
        self.assembly
            .node(op, HEAD, &[logits, tokens], self.slots.logits);
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
