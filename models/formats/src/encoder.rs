//! Encoders: a text's tokens through layers that see each other both ways, the mean of the last layer's rows, and that at length 1. One step
//! of the program does it all; the answer is the vector's numbers as F32, little-endian. What a model's files say is their readers' business.

use crate::assemble::{Assembly, Bounds, ImageInfo};
use crate::matrices::Matrix;
use crate::text::Capacities;
use crate::vocab::WordPiece;
use crate::{ImportError, Limits};
use gavel_program::op::{
    Elementwise, LayerNorm, Measure, Reply, Rows, RowsAttention, RowsEmbed, RowsLinear,
};
use gavel_program::{DType, Op, Operand, Phase, Program};
use std::sync::Arc;

/// The phase in which the one step runs.
const STEP: u32 = Phase::Tokenize.bit();
/// All phases of a request under way.
const ALWAYS: u32 = STEP | Phase::Prefill.bit() | Phase::Generate.bit() | Phase::Detokenize.bit();
/// Bytes of prompt that a token allows for: running text has about four, some scripts more.
const PROMPT_BYTES_A_TOKEN: u32 = 8;
/// The tokens at a text's ends.
pub(crate) const ENDS: u32 = 2;

/// The model's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hyper {
    pub(crate) layers: u32,
    pub(crate) dim: u32,
    pub(crate) heads: u32,
    pub(crate) hidden: u32,
    pub(crate) epsilon: f32,
    pub(crate) vocab: u32,
    pub(crate) types: u32,
    pub(crate) positions: u32,
}

/// What a text becomes beside the model's own numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    /// Most tokens of a text.
    pub(crate) most: u32,
    /// Whether the vector has length 1.
    pub(crate) unit: bool,
}

/// Where weights come from, by the names that PyTorch's model gives them.
pub(crate) trait Source {
    /// Adds a matrix `[rows, cols]`, in its own bits.
    fn matrix(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: [u32; 2],
    ) -> Result<Matrix, ImportError>;

    /// Adds what is read as F32.
    fn numbers(
        &mut self,
        assembly: &mut Assembly,
        name: &str,
        shape: &[u32],
    ) -> Result<Operand, ImportError>;

    /// Refuses a file with a tensor that nobody took.
    fn refuse_unused(&self) -> Result<(), ImportError>;
}

/// The slots of the step.
struct Slots {
    count: u32,
    tokens: u32,
    types: u32,
    x: u32,
    q: u32,
    k: u32,
    v: u32,
    scores: u32,
    probs: u32,
    attention: u32,
    projected: u32,
    hidden: u32,
    mean: u32,
    unit: u32,
}

/// A program in the making.
struct Builder<S> {
    assembly: Assembly,
    source: S,
    hyper: Hyper,
    /// Most tokens.
    rows: u32,
    slots: Slots,
}

/// Makes the program.
pub(crate) fn build(
    hyper: Hyper,
    sentence: Sentence,
    vocab: &WordPiece,
    source: impl Source,
    limits: &Limits,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let rows = sentence.most.min(limits.max_context);
    let prompt_bytes = (rows * PROMPT_BYTES_A_TOKEN).next_power_of_two();
    let prompt_bytes = prompt_bytes.clamp(256, limits.max_prompt_bytes.max(256));
    let output_bytes = 4 * hyper.dim;
    if output_bytes > limits.max_output_bytes {
        return Err(ImportError::TooLarge {
            name: "output".into(),
            got: output_bytes.into(),
            limit: limits.max_output_bytes.into(),
        });
    }

    let mut assembly = Assembly::default();
    let control = assembly.persistent("control", DType::I32, &[64])?;
    let prompt = assembly.persistent("prompt", DType::U8, &[prompt_bytes])?;
    let tokens = assembly.persistent("tokens", DType::I32, &[rows])?;
    let output = assembly.persistent("output", DType::U8, &[output_bytes])?;
    let count = assembly.scratch("count", DType::I32, &[64])?;
    let capacities = Capacities {
        prompt: prompt_bytes,
        tokens: rows,
    };
    tokenize(&mut assembly, vocab, capacities, [prompt, tokens, count]);
    let slots = slots(&mut assembly, &hyper, rows, [count, tokens])?;
    let mut builder = Builder {
        assembly,
        source,
        hyper,
        rows,
        slots,
    };
    builder.embed()?;
    for layer in 0..hyper.layers {
        builder.attention(layer)?;
        builder.feed_forward(layer)?;
    }
    builder.source.refuse_unused()?;
    builder.pool(sentence.unit, [output, control]);
    let bounds = Bounds {
        prompt_slot: prompt,
        control_slot: control,
        output_slot: output,
        max_prompt_bytes: prompt_bytes,
        max_output_bytes: output_bytes,
        context: 1,
    };
    Ok(builder.assembly.finish(bounds, image))
}

fn tokenize(
    assembly: &mut Assembly,
    vocab: &WordPiece,
    capacities: Capacities,
    [prompt, tokens, count]: [u32; 3],
) {
    let mut inputs = vec![Operand::Slot(prompt)];
    let tables = vocab.tables().into_iter();
    inputs.extend(
        tables.map(|table| assembly.weight(table.name, table.dtype, Arc::new(table.words))),
    );
    let ops = vocab.tokenizers(capacities, capacities.tokens);
    for (op, output) in ops.into_iter().zip([tokens, count]) {
        assembly.node(op, STEP, &inputs, output);
    }
}

fn slots(
    assembly: &mut Assembly,
    hyper: &Hyper,
    rows: u32,
    [count, tokens]: [u32; 2],
) -> Result<Slots, ImportError> {
    let (dim, heads) = (hyper.dim, hyper.heads);
    // Never written: every token is of the first type.
    let types = assembly.scratch("types", DType::I32, &[rows])?;
    let mut scratch = |name: &str, dims: &[u32]| assembly.scratch(name, DType::F32, dims);
    Ok(Slots {
        count,
        tokens,
        types,
        x: scratch("x", &[rows, dim])?,
        q: scratch("q", &[rows, dim])?,
        k: scratch("k", &[rows, dim])?,
        v: scratch("v", &[rows, dim])?,
        scores: scratch("scores", &[rows, heads, rows])?,
        probs: scratch("probs", &[rows, heads, rows])?,
        attention: scratch("attention", &[rows, dim])?,
        projected: scratch("projected", &[rows, dim])?,
        hidden: scratch("hidden", &[rows, hyper.hidden])?,
        mean: scratch("mean", &[dim])?,
        unit: scratch("unit", &[dim])?,
    })
}

impl<S: Source> Builder<S> {
    /// A node that reads the count, then these slots.
    fn node(&mut self, op: Op, slots: &[u32], output: u32) {
        self.node_with(op, slots, &[], output);
    }

    /// The same with weights after them.
    fn node_with(&mut self, op: Op, slots: &[u32], weights: &[Operand], output: u32) {
        let slots = [self.slots.count].into_iter().chain(slots.iter().copied());
        let inputs: Vec<Operand> = slots
            .map(Operand::Slot)
            .chain(weights.iter().copied())
            .collect();
        self.assembly.node(op, STEP, &inputs, output);
    }

    fn of_rows(&self, dim: u32) -> Rows {
        Rows {
            rows: self.rows,
            dim,
        }
    }

    /// Words, types and positions, and their norm.
    fn embed(&mut self) -> Result<(), ImportError> {
        let Hyper {
            dim,
            vocab,
            types,
            positions,
            ..
        } = self.hyper;
        let (x, projected) = (self.slots.x, self.slots.projected);
        let (tokens, zeros) = (self.slots.tokens, self.slots.types);
        self.table("word", [vocab, dim], tokens, x)?;
        self.table("token_type", [types, dim], zeros, projected)?;
        let name = "embeddings.position_embeddings.weight";
        let positions = self
            .source
            .numbers(&mut self.assembly, name, &[positions, dim])?;
        let add = Op::RowsAdd(self.of_rows(dim));
        self.node(add, &[x, projected], x);
        self.node_with(add, &[x], &[positions], x);
        self.norm("embeddings.LayerNorm", x)
    }

    /// `output = rows of a table by the tokens`.
    fn table(
        &mut self,
        name: &str,
        shape: [u32; 2],
        tokens: u32,
        output: u32,
    ) -> Result<(), ImportError> {
        let name = format!("embeddings.{name}_embeddings.weight");
        let table = self.source.matrix(&mut self.assembly, &name, shape)?;
        let op = Op::RowsEmbed(RowsEmbed {
            rows: self.rows,
            dim: shape[1],
            vocab: shape[0],
            format: table.format,
        });
        let slots = [self.slots.count, tokens].map(Operand::Slot);
        self.assembly
            .node(op, STEP, &table.after_all(&slots), output);
        Ok(())
    }

    /// LayerNorm in place.
    fn norm(&mut self, name: &str, slot: u32) -> Result<(), ImportError> {
        let dim = self.hyper.dim;
        let mut part = |part: &str| {
            let name = format!("{name}.{part}");
            self.source.numbers(&mut self.assembly, &name, &[dim])
        };
        let weights = [part("weight")?, part("bias")?];
        let op = Op::LayerNorm(LayerNorm {
            rows: self.rows,
            dim,
            eps: self.hyper.epsilon.to_bits(),
        });
        self.node_with(op, &[slot], &weights, slot);
        Ok(())
    }

    /// `output = W input + b`.
    fn linear(
        &mut self,
        name: &str,
        [outputs, cols]: [u32; 2],
        input: u32,
        output: u32,
    ) -> Result<(), ImportError> {
        let bias = format!("{name}.bias");
        let bias = self.source.numbers(&mut self.assembly, &bias, &[outputs])?;
        let name = format!("{name}.weight");
        let matrix: Matrix = self
            .source
            .matrix(&mut self.assembly, &name, [outputs, cols])?;
        let op = Op::RowsLinear(RowsLinear {
            rows: self.rows,
            outputs,
            cols,
            format: matrix.format,
        });
        let first = [Operand::Slot(self.slots.count), Operand::Slot(input), bias];
        self.assembly
            .node(op, STEP, &matrix.after_all(&first), output);
        Ok(())
    }

    fn attention(&mut self, layer: u32) -> Result<(), ImportError> {
        let Hyper { dim, heads, .. } = self.hyper;
        let (x, q, k, v) = (self.slots.x, self.slots.q, self.slots.k, self.slots.v);
        let name = |part: &str| format!("encoder.layer.{layer}.attention.{part}");
        self.linear(&name("self.query"), [dim, dim], x, q)?;
        self.linear(&name("self.key"), [dim, dim], x, k)?;
        self.linear(&name("self.value"), [dim, dim], x, v)?;
        let head_dim = dim / heads;
        let p = RowsAttention {
            rows: self.rows,
            heads,
            head_dim,
            scale: ((1.0 / f64::from(head_dim).sqrt()) as f32).to_bits(),
        };
        let (scores, probs) = (self.slots.scores, self.slots.probs);
        self.node(Op::RowsScores(p), &[q, k], scores);
        self.node(Op::RowsSoftmax(p), &[scores], probs);
        let attention = self.slots.attention;
        self.node(Op::RowsWeightedSum(p), &[probs, v], attention);
        let projected = self.slots.projected;
        self.linear(&name("output.dense"), [dim, dim], attention, projected)?;
        self.add_and_norm(&name("output.LayerNorm"))
    }

    fn feed_forward(&mut self, layer: u32) -> Result<(), ImportError> {
        let Hyper { dim, hidden, .. } = self.hyper;
        let (x, inner, projected) = (self.slots.x, self.slots.hidden, self.slots.projected);
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        self.linear(&name("intermediate.dense"), [hidden, dim], x, inner)?;
        self.node(Op::RowsGelu(self.of_rows(hidden)), &[inner], inner);
        self.linear(&name("output.dense"), [dim, hidden], inner, projected)?;
        self.add_and_norm(&name("output.LayerNorm"))
    }

    /// `x = norm(projected + x)`.
    fn add_and_norm(&mut self, name: &str) -> Result<(), ImportError> {
        let (x, projected) = (self.slots.x, self.slots.projected);
        let add = Op::RowsAdd(self.of_rows(self.hyper.dim));
        self.node(add, &[projected, x], x);
        self.norm(name, x)
    }

    /// The mean, at length 1 if it is wanted, as the answer.
    fn pool(&mut self, unit: bool, [output, control]: [u32; 2]) {
        let dim = self.hyper.dim;
        let (x, mean) = (self.slots.x, self.slots.mean);
        self.node(Op::RowsMean(self.of_rows(dim)), &[x], mean);
        let mut vector = mean;
        if unit {
            vector = self.slots.unit;
            let op = Op::UnitNorm(Elementwise { len: dim });
            self.assembly.node(op, STEP, &[Operand::Slot(mean)], vector);
        }
        let reply = Reply {
            len: dim,
            least: ENDS,
            most: self.rows,
            measure: Measure::Count,
            class: false,
        };
        let count = Operand::Slot(self.slots.count);
        let inputs = [Operand::Slot(vector), count];
        self.assembly.node(Op::Reply(reply), STEP, &inputs, output);
        self.assembly
            .node(Op::Finish(reply), ALWAYS, &[count], control);
    }
}
