//! What a program is made of and what its steps cost, for people who consider running or proving it.

use gavel_kernels::cost;
use gavel_primitives::Depth;
use gavel_program::{DType, Node, Op, Operand, Phase, Program};
use std::collections::BTreeMap;

/// Phases in which nodes run, in the order in which a request passes through them.
pub const STAGES: [Phase; 4] = [
    Phase::Tokenize,
    Phase::Prefill,
    Phase::Generate,
    Phase::Detokenize,
];

/// Nodes of one operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// How many there are.
    pub nodes: usize,
    /// Instructions of the machine that the costliest tile of one of them takes at most.
    pub tile_cost: u64,
}

/// One step of a phase, at the end of the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageCost {
    /// The phase.
    pub phase: Phase,
    /// Nodes that run.
    pub nodes: usize,
    /// Multiply-adds of matrices and attention.
    pub multiply_adds: u64,
    /// Bytes of weights and caches that are read, each weight once a node.
    pub bytes: u64,
}

/// Tensors of one element type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How many there are.
    pub tensors: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// What a program is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Nodes by operator's name.
    pub kinds: BTreeMap<&'static str, Kind>,
    /// The cost of a step of each phase.
    pub stages: Vec<StageCost>,
    /// Weights by element type's name.
    pub weights: BTreeMap<String, Stored>,
    /// Slots that live from step to step.
    pub persistent: Stored,
    /// Slots that live inside a step.
    pub scratch: Stored,
    /// Instructions of the costliest tile.
    pub tile_cost: u64,
    /// Depth of a machine's trace.
    pub trace_depth: Depth,
}

impl Inspection {
    /// Looks at a program.
    pub fn of(program: &Program) -> Self {
        let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
        for node in &program.nodes {
            let kind = kinds.entry(node.op.name()).or_default();
            kind.nodes += 1;
            kind.tile_cost = kind.tile_cost.max(cost(node));
        }
        let mut weights: BTreeMap<String, Stored> = BTreeMap::new();
        for weight in &program.weights {
            let stored = weights
                .entry(format!("{:?}", weight.info.dtype))
                .or_default();
            stored.tensors += 1;
            stored.bytes += (*weight.words).as_ref().len() as u64 * 4;
        }
        let first_scratch = 1u32 << program.header.slot_depth;
        let slots = |is_scratch: bool| {
            let of_kind = program
                .slots
                .iter()
                .filter(|slot| (slot.index >= first_scratch) == is_scratch);
            of_kind.fold(Stored::default(), |sum, slot| Stored {
                tensors: sum.tensors + 1,
                bytes: sum.bytes + slot_bytes(slot.dtype, slot.len),
            })
        };
        Inspection {
            stages: STAGES.map(|phase| stage(program, phase)).into(),
            weights,
            persistent: slots(false),
            scratch: slots(true),
            tile_cost: kinds.values().map(|kind| kind.tile_cost).max().unwrap_or(0),
            trace_depth: program.header.trace_depth,
            kinds,
        }
    }
}

fn slot_bytes(dtype: DType, len: usize) -> u64 {
    (len * dtype.bits()).div_ceil(8) as u64
}

fn stage(program: &Program, phase: Phase) -> StageCost {
    let running = || {
        program
            .nodes
            .iter()
            .filter(|node| node.predicate & phase.bit() != 0)
    };
    StageCost {
        phase,
        nodes: running().count(),
        multiply_adds: running().map(|node| multiply_adds(&node.op)).sum(),
        bytes: running().map(|node| bytes_read(program, node)).sum(),
    }
}

/// Multiply-adds of an operator that is made of them; 0 for others.
fn multiply_adds(op: &Op) -> u64 {
    let product = |dims: &[u32]| dims.iter().map(|dim| u64::from(*dim)).product();
    match op {
        Op::Linear(p) => product(&[p.rows, p.cols]),
        Op::Scores(p) => product(&[p.heads, p.head_dim, p.context]),
        Op::WeightedSum(p) => product(&[p.heads, p.head_dim, p.context]),
        Op::Conv(p) => {
            let kernel = product(&[p.channels / p.groups, p.kernel_height, p.kernel_width]);
            kernel * product(&[p.out_channels, p.out_height, p.out_width])
        }
        _ => 0,
    }
}

/// Bytes of weights and persistent slots among a node's inputs, as far as one step reads them: one row of a table.
fn bytes_read(program: &Program, node: &Node) -> u64 {
    let rows = match &node.op {
        Op::Embed(p) => p.before + p.vocab + p.after,
        Op::Rope(p) => p.context,
        _ => 1,
    };
    let bytes: u64 = node
        .inputs()
        .iter()
        .map(|input| match input {
            Operand::Weight(index) => {
                (*program.weights[*index as usize].words).as_ref().len() as u64 * 4
            }
            Operand::Slot(index) if *index >> program.header.slot_depth == 0 => program
                .slot(*index)
                .map_or(0, |slot| slot_bytes(slot.dtype, slot.len)),
            Operand::Slot(_) => 0,
        })
        .sum();
    bytes / u64::from(rows.max(1))
}
