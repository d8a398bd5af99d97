//! Tables and matrices, with all their shards.

use super::planner::Planner;
use super::{Part, Stage};
use gavel_program::{Op, Operand};

impl Planner<'_> {
    /// A table, all its shards.
    pub(super) fn embed(&mut self, nodes: &[usize]) -> Option<(Stage, usize)> {
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
    pub(super) fn linear(&mut self, nodes: &[usize], head: bool) -> Option<(Stage, usize)> {
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
}
