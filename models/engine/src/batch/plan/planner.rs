//! From a program's nodes to stages, one after the other.

use super::{Buffer, Input, Plan, Stage};
use gavel_kernels::shape;
use gavel_program::op::{Penalize, Sample};
use gavel_program::{Node, Op, Operand, Phase, Program};
use std::collections::BTreeSet;

/// The phases in which the layers run.
pub(super) const LAYERS: u32 = Phase::Prefill.bit() | Phase::Generate.bit();
/// The phase in which the head runs.
pub(super) const HEAD: u32 = Phase::Generate.bit();

/// A plan in the making.
pub(super) struct Planner<'a> {
    pub(super) program: &'a Program,
    pub(super) plan: Plan,
    /// The scratch slot behind each buffer.
    pub(super) buffers: Vec<u32>,
    /// The persistent slot behind each cache whose row is stored.
    pub(super) caches: Vec<u32>,
    /// Buffers that are written, by the body or the head.
    written: BTreeSet<Buffer>,
    /// Of these those that the head wrote.
    by_head: BTreeSet<Buffer>,
    /// The slot of tokens.
    pub(super) tokens: u32,
}

impl<'a> Planner<'a> {
    /// Nothing planned yet.
    pub(super) fn new(program: &'a Program) -> Option<Self> {
        let tokens = program.nodes.first()?.output;
        Some(Planner {
            program,
            plan: Plan {
                body: Vec::new(),
                head: Vec::new(),
                handed: Vec::new(),
                widths: Vec::new(),
                caches: Vec::new(),
                context: program.header.context as usize,
                inputs: vec![Vec::new(); program.nodes.len()],
                find_stop: None,
                logits: Buffer(0),
                tokens: program.slot_place(tokens)?,
                unseen: Vec::new(),
            },
            buffers: Vec::new(),
            caches: Vec::new(),
            written: BTreeSet::new(),
            by_head: BTreeSet::new(),
            tokens,
        })
    }

    /// The plan, if it ends with a sampler and the nodes outside the layers fit it.
    pub(super) fn finish(mut self) -> Option<Plan> {
        self.plan.unseen = self.unseen();
        let sampled = matches!(self.plan.head.last(), Some(Stage::Sample { .. }));
        self.plan.find_stop = self.find_stop()?;
        self.plan.handed.sort_unstable();
        self.plan.handed.dedup();
        (sampled && self.advances()).then_some(self.plan)
    }

    /// Plans the first of these nodes, and those that go with it; gives their number.
    pub(super) fn next(&mut self, nodes: &[usize]) -> Option<usize> {
        let node = &self.program.nodes[nodes[0]];
        let head = match node.predicate & !(Phase::Tokenize.bit() | Phase::Detokenize.bit()) {
            LAYERS if self.plan.head.is_empty() => false,
            HEAD => true,
            _ => return None,
        };
        let (stage, count) = match &node.op {
            Op::Embed(_) => self.embed(nodes)?,
            Op::Linear(_) => self.linear(nodes, head)?,
            Op::StoreRow(_) => (self.store(nodes[0], head)?, 1),
            Op::Scores(_) => (self.attention(nodes, head)?, 3),
            Op::Sample(p) => (self.sample(nodes[0], p, head)?, 1),
            Op::Probs(_) => (self.probs(nodes[0], head)?, 1),
            Op::Penalize(p) => (self.penalize(nodes[0], p, head)?, 1),
            Op::RmsNorm(_)
            | Op::Rope(_)
            | Op::Add(_)
            | Op::SwiGlu(_)
            | Op::GeGlu(_)
            | Op::Scale(_)
            | Op::RowSoftmax(_)
            | Op::TopExperts(_)
            | Op::ExpertLinear(_)
            | Op::ExpertSum(_) => (self.row(nodes[0], head)?, 1),
            _ => return None,
        };
        match head {
            true => self.plan.head.push(stage),
            false => self.plan.body.push(stage),
        }
        Some(count)
    }

    /// An operator that stays within a row.
    fn row(&mut self, k: usize, head: bool) -> Option<Stage> {
        let node = self.node(k);
        self.positions(node)?;
        self.inputs(k, head)?;
        let out = self.write(node, head)?;
        Some(Stage::Row { node: k, out })
    }

    /// At temperature 0 its output keeps its value, which only the sampler could see; and that one doesn't look.
    fn probs(&mut self, k: usize, head: bool) -> Option<Stage> {
        head.then_some(())?;
        self.row(k, head)
    }

    /// In place alone: where there is no penalty its output keeps its value.
    fn penalize(&mut self, k: usize, p: &Penalize, head: bool) -> Option<Stage> {
        let node = self.node(k);
        let fits = p.tokens_capacity as usize > self.plan.context;
        let [logits, tokens] = node.inputs() else {
            return None;
        };
        let wired = *logits == Operand::Slot(node.output) && *tokens == Operand::Slot(self.tokens);
        (head && fits && wired).then_some(())?;
        self.read(*logits, head)?;
        let logits = self.write(node, head)?;
        Some(Stage::Penalize { node: k, logits })
    }

    /// The sampler, which the plan's logits are read by.
    fn sample(&mut self, k: usize, p: &Sample, head: bool) -> Option<Stage> {
        let node = self.node(k);
        let fits = p.tokens_capacity as usize > self.plan.context;
        (head && fits && node.output == self.tokens).then_some(())?;
        self.inputs(k, head)?;
        let Some(Input::Row(logits)) = self.plan.inputs[k].first() else {
            return None;
        };
        self.plan.logits = *logits;
        Some(Stage::Sample { node: k })
    }

    /// Node `k`.
    pub(super) fn node(&self, k: usize) -> &'a Node {
        &self.program.nodes[k]
    }

    /// Whether the operator computes at every position of the program's context.
    pub(super) fn positions(&self, node: &Node) -> Option<()> {
        let rows = match &node.op {
            Op::Embed(p) => p.tokens_capacity,
            Op::Rope(p) => p.context,
            Op::StoreRow(p) => p.context,
            Op::Scores(p) => p.context,
            _ => u32::MAX,
        };
        (rows as usize >= self.plan.context).then_some(())
    }

    /// Notes a node's inputs, rows of buffers and weights.
    fn inputs(&mut self, k: usize, head: bool) -> Option<()> {
        let mut inputs = Vec::new();
        for operand in self.node(k).inputs() {
            inputs.push(match operand {
                Operand::Weight(index) => Input::Weight(*index as usize),
                slot => Input::Row(self.read(*slot, head)?),
            });
        }
        self.plan.inputs[k] = inputs;
        Some(())
    }

    /// A buffer that is read: it must have been written in the same step.
    pub(super) fn read(&mut self, operand: Operand, head: bool) -> Option<Buffer> {
        let Operand::Slot(slot) = operand else {
            return None;
        };
        let buffer = self.buffer(slot)?;
        if head && !self.by_head.contains(&buffer) {
            self.plan.handed.push(buffer);
        }
        self.written.contains(&buffer).then_some(buffer)
    }

    /// The buffer that a node writes, all of it.
    pub(super) fn write(&mut self, node: &Node, head: bool) -> Option<Buffer> {
        let buffer = self.buffer(node.output)?;
        let len = shape::output(&node.op).len as usize;
        (len == self.plan.widths[buffer.0]).then_some(())?;
        self.written.insert(buffer);
        if head {
            self.by_head.insert(buffer);
        }
        Some(buffer)
    }

    /// The buffer of a scratch slot.
    pub(super) fn buffer(&mut self, slot: u32) -> Option<Buffer> {
        (slot >= 1 << self.program.header.slot_depth).then_some(())?;
        if let Some(at) = self.buffers.iter().position(|known| *known == slot) {
            return Some(Buffer(at));
        }
        self.buffers.push(slot);
        self.plan.widths.push(self.program.slot(slot)?.len);
        Some(Buffer(self.buffers.len() - 1))
    }
}
