//! What the readers of classic networks share: bytes in, numbers and a class out, in one step.

mod input_scale;

pub use input_scale::{InputScale, InputScaleError};

use crate::ImportError;
use crate::assemble::{Assembly, Bounds, ImageInfo, window_bytes};
use gavel_program::op::{self, Elementwise, Linear, Measure, Reply, Scale};
use gavel_program::{DType, Op, Operand, Phase, Program, WeightFormat, Words};
use std::sync::Arc;

/// The phase in which everything is computed.
const STEP: u32 = Phase::Tokenize.bit();
/// All phases of a request under way: the last node's.
const ALWAYS: u32 = STEP | Phase::Prefill.bit() | Phase::Generate.bit() | Phase::Detokenize.bit();
/// Bytes of a prompt or an answer that the registry takes: 2^12 leaves.
const MOST_TEXT: u64 = 32 << 12;

/// Most numbers of all weights: a GiB.
const MOST_WEIGHTS: u64 = 1 << 28;
/// Most numbers of weights that are made from others: a file of a few bytes could ask for any number.
const MOST_MADE: u64 = 1 << 26;
/// Most numbers between nodes: a request has them all in memory.
const MOST_SCRATCH: u64 = 1 << 24;

/// Numbers on their way through a network: an F32 slot, full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    slot: u32,
    /// How many there are.
    pub(crate) len: u32,
}

/// A network in the making.
pub(crate) struct Network {
    assembly: Assembly,
    control: u32,
    prompt: u32,
    prompt_bytes: u32,
    nodes: u32,
    /// Numbers that it may still have: in weights of the file or made, in weights made, and between nodes.
    weights: u64,
    makes: u64,
    scratch: u64,
}

impl Network {
    /// A network that reads `channels` of `plane` bytes, and its input as numbers.
    ///
    /// # Errors
    /// [`ImportError`] for more bytes than a prompt may have, or a scale for another number of channels.
    pub(crate) fn new(
        channels: u32,
        plane: u32,
        scale: &InputScale,
    ) -> Result<(Self, Numbers), ImportError> {
        let bytes = u64::from(channels) * u64::from(plane);
        let prompt_bytes = text_bytes("the network's input", bytes)?;
        let mut assembly = Assembly::default();
        let control = assembly.persistent("control", DType::I32, &[64])?;
        let prompt = assembly.persistent("prompt", DType::U8, &[prompt_bytes])?;
        let mut network = Network {
            assembly,
            control,
            prompt,
            prompt_bytes,
            nodes: 0,
            weights: MOST_WEIGHTS,
            makes: MOST_MADE,
            scratch: MOST_SCRATCH,
        };
        let op = Op::InputScale(scale.parameters(channels, plane)?);
        let input = network.node("input", op, &[Operand::Slot(prompt)], prompt_bytes)?;
        Ok((network, input))
    }

    /// A weight of F32 numbers.
    ///
    /// # Errors
    /// [`ImportError::TooLarge`] for more than a window holds, or than a network may have in all.
    pub(crate) fn weight(&mut self, name: &str, words: Words) -> Result<Operand, ImportError> {
        let len = (*words).as_ref().len();
        window_bytes(name, DType::F32, &[u32::try_from(len).unwrap_or(u32::MAX)])?;
        spend(&mut self.weights, len as u64, "the network's weights")?;
        Ok(self.assembly.weight(name.into(), DType::F32, words))
    }

    /// A weight of `len` numbers, by their bits, that aren't in the file like this.
    ///
    /// # Errors
    /// As [`Network::weight`].
    pub(crate) fn made(
        &mut self,
        name: &str,
        len: u32,
        make: impl FnOnce() -> Vec<u32>,
    ) -> Result<Operand, ImportError> {
        spend(&mut self.makes, len.into(), "weights made at import")?;
        self.weight(name, Arc::new(make()))
    }

    /// A node that makes `len` numbers of numbers and weights.
    pub(crate) fn node(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[Operand],
        len: u32,
    ) -> Result<Numbers, ImportError> {
        spend(&mut self.scratch, len.into(), "the network's numbers")?;
        self.nodes += 1;
        let name = format!("{} {name}", self.nodes);
        let slot = self.assembly.scratch(&name, DType::F32, &[len])?;
        self.assembly.node(op, STEP, inputs, slot);
        Ok(Numbers { slot, len })
    }

    /// `W x`, W being F32 `[rows, x.len]`.
    pub(crate) fn linear(
        &mut self,
        x: Numbers,
        weights: Operand,
        rows: u32,
    ) -> Result<Numbers, ImportError> {
        let op = Op::Linear(Linear::whole(rows, x.len, WeightFormat::F32));
        self.node("product", op, &[x.operand(), weights], rows)
    }

    /// `x + y`, y being as long.
    pub(crate) fn add(&mut self, x: Numbers, y: Operand) -> Result<Numbers, ImportError> {
        let op = Op::Add(Elementwise { len: x.len });
        self.node("sum", op, &[x.operand(), y], x.len)
    }

    /// `x * factor`; x itself where that is 1.
    pub(crate) fn scale(&mut self, x: Numbers, factor: f32) -> Result<Numbers, ImportError> {
        if factor == 1.0 {
            return Ok(x);
        }
        let op = Op::Scale(Scale {
            len: x.len,
            factor: factor.to_bits(),
        });
        self.node("scaled", op, &[x.operand()], x.len)
    }

    /// `x` where it is above zero, else zero.
    pub(crate) fn relu(&mut self, x: Numbers) -> Result<Numbers, ImportError> {
        let op = Op::Relu(Elementwise { len: x.len });
        self.node("relu", op, &[x.operand()], x.len)
    }

    /// The program that answers with `output` and the class.
    ///
    /// # Errors
    /// [`ImportError`] for more bytes than an answer may have.
    pub(crate) fn finish(
        mut self,
        output: Numbers,
        image: ImageInfo,
    ) -> Result<Program, ImportError> {
        let bytes = 4 * (u64::from(output.len) + 1);
        let output_bytes = text_bytes("the network's output", bytes)?;
        let slot = self
            .assembly
            .persistent("output", DType::U8, &[output_bytes])?;
        let reply = Reply {
            len: output.len,
            least: self.prompt_bytes,
            most: self.prompt_bytes,
            measure: Measure::Bytes,
            class: true,
        };
        self.assembly
            .node(Op::Reply(reply), STEP, &[output.operand()], slot);
        self.assembly
            .node(Op::Finish(reply), ALWAYS, &[], self.control);
        let bounds = Bounds {
            prompt_slot: self.prompt,
            control_slot: self.control,
            output_slot: slot,
            max_prompt_bytes: self.prompt_bytes,
            max_output_bytes: output_bytes,
            context: 1,
        };
        Ok(self.assembly.finish(bounds, image))
    }
}

impl Numbers {
    /// As a node's input.
    pub(crate) fn operand(self) -> Operand {
        Operand::Slot(self.slot)
    }
}

/// Takes numbers from what is left.
fn spend(left: &mut u64, numbers: u64, name: &str) -> Result<(), ImportError> {
    match left.checked_sub(numbers) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(ImportError::TooLarge {
            name: name.into(),
            got: 4 * numbers,
            limit: 4 * *left,
        }),
    }
}

/// Bytes of a prompt or an answer, if they are neither none nor too many.
fn text_bytes(name: &str, bytes: u64) -> Result<u32, ImportError> {
    match u32::try_from(bytes) {
        Ok(bytes) if (1..=MOST_TEXT).contains(&bytes.into()) => Ok(bytes),
        _ => Err(ImportError::Value {
            key: name.into(),
            got: format!("{bytes} bytes"),
            expected: format!("1 to {MOST_TEXT} bytes"),
        }),
    }
}

/// The operator's parameters under the name that the importer's own type hides.
type Parameters = op::InputScale;
