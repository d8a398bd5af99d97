//! A program's layers as stages over a batch of rows.

use gavel_kernels::shape;
use gavel_program::op::{Penalize, Sample};
use gavel_program::{Node, Op, Operand, Phase, Program};
use gavel_simd::attention::{Shape, cache_positions};
use std::collections::BTreeSet;

/// The phases in which the layers run.
const LAYERS: u32 = Phase::Prefill.bit() | Phase::Generate.bit();
/// The phase in which the head runs.
const HEAD: u32 = Phase::Generate.bit();

/// A scratch slot with a row for each position of a batch: an index into [`Plan::widths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Buffer(pub usize);

/// A cache: an index into [`Plan::caches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache(pub usize);

/// One matrix of a [`Stage::Linear`].
#[derive(Clone, Debug)]
pub struct Part {
    /// The node.
    pub node: usize,
    /// Rows of the matrix.
    pub rows: usize,
    /// Where its outputs go.
    pub out: Buffer,
    /// The first of them in a row of that buffer: of a shard whole tiles, else 0. The shards of a matrix are neighbours and give the whole row.
    pub first: usize,
}

/// What is done to all rows of a batch before the next stage begins.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Row of the embedding table for each row's token.
    Embed {
        /// The nodes of the table's shards, which have a row for every token.
        nodes: Vec<usize>,
        /// Where it goes.
        out: Buffer,
    },
    /// Matrices that read the same vectors.
    Linear {
        /// The vectors.
        x: Buffer,
        /// Their length.
        cols: usize,
        /// The matrices.
        parts: Vec<Part>,
    },
    /// Rows of a cache.
    Store {
        /// The rows.
        x: Buffer,
        /// The cache.
        cache: Cache,
    },
    /// Scores, softmax and weighted sum.
    Attention {
        /// Queries.
        q: Buffer,
        /// The caches.
        keys: Cache,
        /// The caches.
        values: Cache,
        /// The shape.
        shape: Shape,
        /// Where it goes.
        out: Buffer,
    },
    /// Any other operator that reads and writes rows and weights alone.
    Row {
        /// The node.
        node: usize,
        /// Where it goes; may be one of its inputs.
        out: Buffer,
    },
    /// Penalties on the logits, in place, of rows whose control slot has any.
    Penalize {
        /// The node.
        node: usize,
        /// The logits.
        logits: Buffer,
    },
    /// The sampler.
    Sample {
        /// The node.
        node: usize,
    },
}

/// Where a node's input lies.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A row of a buffer.
    Row(Buffer),
    /// A weight.
    Weight(usize),
}

/// The stages of a program.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Stages of every row.
    pub body: Vec<Stage>,
    /// Stages of the rows that choose a token.
    pub head: Vec<Stage>,
    /// Buffers that the head reads and the body wrote.
    pub handed: Vec<Buffer>,
    /// Elements of a row of each buffer.
    pub widths: Vec<usize>,
    /// Elements of a row of each cache.
    pub caches: Vec<usize>,
    /// Positions of each cache.
    pub context: usize,
    /// Inputs of each node, for [`Stage::Row`] and [`Stage::Sample`].
    pub inputs: Vec<Vec<Input>>,
    /// The node that finds stop texts.
    pub find_stop: Option<usize>,
    /// The logits that the sampler reads.
    pub logits: Buffer,
    /// The place of the slot of tokens, among the program's.
    pub tokens: usize,
    /// Places of the slots of caches that no node outside the layers reads or writes.
    pub unseen: Vec<usize>,
}

impl Plan {
    /// The plan of a checked program; `None` if its layers don't have the form that batches need. Such a program is run node by node.
    pub fn new(program: &Program) -> Option<Plan> {
        let mut planner = Planner::new(program)?;
        let layers: Vec<usize> = (0..program.nodes.len())
            .filter(|k| program.nodes[*k].predicate & LAYERS != 0)
            .filter(|k| !matches!(program.nodes[*k].op, Op::Advance(_) | Op::FindStop(_)))
            .collect();
        let mut k = 0;
        while k < layers.len() {
            k += planner.next(&layers[k..])?;
        }
        planner.finish()
    }

    /// Bytes of the caches of a sequence with room for so many positions.
    pub fn cache_bytes(&self, positions: usize) -> usize {
        self.caches.iter().sum::<usize>() * cache_positions(positions) * 4
    }
}

/// A plan in the making.
struct Planner<'a> {
    program: &'a Program,
    plan: Plan,
    /// The scratch slot behind each buffer.
    buffers: Vec<u32>,
    /// The persistent slot behind each cache.
    caches: Vec<u32>,
    /// Caches whose row is stored.
    stored: BTreeSet<u32>,
    /// Buffers that are written, by the body or the head.
    written: BTreeSet<Buffer>,
    /// Of these those that the head wrote.
    by_head: BTreeSet<Buffer>,
    tokens: u32,
}

impl<'a> Planner<'a> {
    fn new(program: &'a Program) -> Option<Self> {
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
            stored: BTreeSet::new(),
            written: BTreeSet::new(),
            by_head: BTreeSet::new(),
            tokens,
        })
    }

    fn finish(mut self) -> Option<Plan> {
        self.plan.unseen = self.unseen();
        let sampled = matches!(self.plan.head.last(), Some(Stage::Sample { .. }));
        self.plan.find_stop = self.find_stop()?;
        self.plan.handed.sort_unstable();
        self.plan.handed.dedup();
        (sampled && self.advances()).then_some(self.plan)
    }

    /// The node that finds stop texts, if there is one; `None` if it isn't where it can run beside the last node: after the sampler, and
    /// for the count that this one reads.
    fn find_stop(&self) -> Option<Option<usize>> {
        let nodes = &self.program.nodes;
        let is_one = |k: &usize| matches!(nodes[*k].op, Op::FindStop(_));
        let mut found = (0..nodes.len()).filter(is_one);
        let Some(k) = found.next() else {
            return Some(None);
        };
        let (node, last) = (&nodes[k], nodes.last()?);
        let sampled = nodes[k..]
            .iter()
            .all(|node| !matches!(node.op, Op::Sample(_)));
        let wired = node.inputs()[0] == Operand::Slot(self.tokens)
            && node.inputs()[1..]
                .iter()
                .all(|input| matches!(input, Operand::Weight(_)))
            && last.inputs().first() == Some(&Operand::Slot(node.output));
        (sampled && wired && node.predicate == HEAD && found.next().is_none()).then_some(Some(k))
    }

    /// The slots of caches that belong to the layers alone.
    fn unseen(&self) -> Vec<usize> {
        let others = |node: &&Node| node.predicate & !LAYERS != 0;
        let seen: BTreeSet<u32> = self
            .program
            .nodes
            .iter()
            .filter(others)
            .flat_map(|node| node.inputs().iter().map(slot_of).chain([Some(node.output)]))
            .flatten()
            .collect();
        let caches = self.caches.iter().filter(|cache| !seen.contains(cache));
        caches
            .filter_map(|cache| self.program.slot_place(*cache))
            .collect()
    }

    /// Whether the last node moves the request on by tokens and a count that no layer writes.
    fn advances(&self) -> bool {
        let Some(last) = self.program.nodes.last() else {
            return false;
        };
        let of_layers = |slot: &u32| self.buffers.contains(slot);
        matches!(last.op, Op::Advance(_))
            && last.inputs()[1] == Operand::Slot(self.tokens)
            && matches!(last.inputs()[0], Operand::Slot(count) if !of_layers(&count))
    }

    /// Plans the first of these nodes, and those that go with it; gives their number.
    fn next(&mut self, nodes: &[usize]) -> Option<usize> {
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

    /// A table, all its shards.
    fn embed(&mut self, nodes: &[usize]) -> Option<(Stage, usize)> {
        let first = self.node(nodes[0]);
        (first.inputs()[0] == Operand::Slot(self.tokens)).then_some(())?;
        let mut shards = Vec::new();
        let mut next = 0;
        for k in nodes {
            let node = self.node(*k);
            let Op::Embed(p) = node.op else { return None };
            let alike = node.predicate == first.predicate
                && node.inputs()[0] == first.inputs()[0]
                && node.output == first.output;
            (alike && p.before == next).then_some(())?;
            self.positions(node)?;
            self.write(node, false)?;
            shards.push(*k);
            next += p.vocab;
            if p.after == 0 {
                break;
            }
        }
        let Op::Embed(last) = self.node(*shards.last()?).op else {
            return None;
        };
        let (out, count) = (self.buffer(first.output)?, shards.len());
        let stage = Stage::Embed { nodes: shards, out };
        (last.after == 0).then_some((stage, count))
    }

    /// A matrix with all its shards, and those after it that read the same vectors.
    fn linear(&mut self, nodes: &[usize], head: bool) -> Option<(Stage, usize)> {
        let first = self.node(nodes[0]);
        let Op::Linear(p) = first.op else { return None };
        let x = self.read(first.inputs()[0], head)?;
        let mut parts: Vec<Part> = Vec::new();
        // Where the next shard begins in the last part's row; 0 if that is whole.
        let mut next = 0;
        for k in nodes {
            let node = self.node(*k);
            let Op::Linear(q) = node.op else { break };
            let alike = node.predicate == first.predicate
                && node.inputs()[0] == first.inputs()[0]
                && q.cols == p.cols
                && q.format == p.format;
            let own = |operand: &Operand| matches!(operand, Operand::Weight(_));
            if !alike || !node.inputs()[1..].iter().all(own) {
                break;
            }
            let out = self.buffer(node.output)?;
            let goes_on = next > 0 && parts.last().is_some_and(|part| part.out == out);
            let is_known = parts.iter().any(|part| part.out == out);
            if out == x || q.before != next || is_known != goes_on {
                break;
            }
            let out = self.write(node, head)?;
            parts.push(Part {
                node: *k,
                rows: q.rows as usize,
                out,
                first: q.before as usize,
            });
            next = match q.after {
                0 => 0,
                _ => q.before + q.rows,
            };
        }
        let count = parts.len();
        let cols = p.cols as usize;
        (count > 0 && next == 0).then_some((Stage::Linear { x, cols, parts }, count))
    }

    fn store(&mut self, k: usize, head: bool) -> Option<Stage> {
        let node = self.node(k);
        let Op::StoreRow(p) = node.op else {
            return None;
        };
        let x = self.read(node.inputs()[0], head)?;
        self.positions(node)?;
        let fresh = self.stored.insert(node.output);
        let persistent = node.output < 1 << self.program.header.slot_depth;
        (fresh && persistent && !head && node.output != self.tokens).then_some(())?;
        self.caches.push(node.output);
        self.plan.caches.push(p.width as usize);
        Some(Stage::Store {
            x,
            cache: Cache(self.caches.len() - 1),
        })
    }

    /// Scores, Softmax, WeightedSum, one after the other over two caches.
    fn attention(&mut self, nodes: &[usize], head: bool) -> Option<Stage> {
        let [scores, softmax, sum] = [0, 1, 2].map(|at| nodes.get(at).map(|k| self.node(*k)));
        let (scores, softmax, sum) = (scores?, softmax?, sum?);
        let (Op::Scores(s), Op::Softmax(m), Op::WeightedSum(w)) = (scores.op, softmax.op, sum.op)
        else {
            return None;
        };
        let same_shape = (s.heads, s.kv_heads, s.head_dim, s.context)
            == (w.heads, w.kv_heads, w.head_dim, w.context)
            && (m.heads, m.context) == (s.heads, s.context)
            && [s.window, m.window] == [w.window; 2];
        let chained = softmax.inputs()[0] == Operand::Slot(scores.output)
            && sum.inputs()[0] == Operand::Slot(softmax.output);
        let same_phases =
            scores.predicate == softmax.predicate && softmax.predicate == sum.predicate;
        (same_shape && chained && same_phases && !head).then_some(())?;
        self.positions(scores)?;
        let q = self.read(scores.inputs()[0], head)?;
        let keys = self.cache(scores.inputs()[1])?;
        let values = self.cache(sum.inputs()[1])?;
        let stride = (s.kv_heads * s.head_dim) as usize;
        let rows = [keys, values].map(|cache| self.plan.caches[cache.0] == stride);
        let out = self.write(sum, head)?;
        let shape = Shape {
            group: (s.heads / s.kv_heads) as usize,
            head_dim: s.head_dim as usize,
            positions: cache_positions(self.plan.context),
            scale: s.scale,
            window: s.window as usize,
        };
        (rows == [true; 2] && out != q).then_some(Stage::Attention {
            q,
            keys,
            values,
            shape,
            out,
        })
    }

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

    fn node(&self, k: usize) -> &'a Node {
        &self.program.nodes[k]
    }

    /// Whether the operator computes at every position of the program's context.
    fn positions(&self, node: &Node) -> Option<()> {
        let rows = match &node.op {
            Op::Embed(p) => p.tokens_capacity,
            Op::Rope(p) => p.context,
            Op::StoreRow(p) => p.context,
            Op::Scores(p) => p.context,
            _ => u32::MAX,
        };
        (rows as usize >= self.plan.context).then_some(())
    }

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

    /// The cache behind an operand, if its row is stored.
    fn cache(&self, operand: Operand) -> Option<Cache> {
        let Operand::Slot(slot) = operand else {
            return None;
        };
        self.caches
            .iter()
            .position(|cache| *cache == slot)
            .map(Cache)
    }

    /// A buffer that is read: it must have been written in the same step.
    fn read(&mut self, operand: Operand, head: bool) -> Option<Buffer> {
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
    fn write(&mut self, node: &Node, head: bool) -> Option<Buffer> {
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
    fn buffer(&mut self, slot: u32) -> Option<Buffer> {
        (slot >= 1 << self.program.header.slot_depth).then_some(())?;
        if let Some(at) = self.buffers.iter().position(|known| *known == slot) {
            return Some(Buffer(at));
        }
        self.buffers.push(slot);
        self.plan.widths.push(self.program.slot(slot)?.len);
        Some(Buffer(self.buffers.len() - 1))
    }
}

/// The slot of an operand that is one.
fn slot_of(operand: &Operand) -> Option<u32> {
    match operand {
        Operand::Slot(slot) => Some(*slot),
        Operand::Weight(_) => None,
    }
}
