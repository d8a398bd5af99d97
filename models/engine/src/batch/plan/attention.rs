//! Rows of caches, and attention over them.

use super::planner::Planner;
use super::{Attention, Cache, Stage};
use gavel_program::{Op, Operand};
use gavel_simd::attention::{Shape, cache_positions};

impl Planner<'_> {
    /// A row of a cache, which has one such row in a step.
    pub(super) fn store(&mut self, k: usize, head: bool) -> Option<Stage> {
        let node = self.node(k);
        let Op::StoreRow(p) = node.op else {
            return None;
        };
        let x = self.read(node.inputs()[0], head)?;
        self.positions(node)?;
        let fresh = !self.caches.contains(&node.output);
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
    pub(super) fn attention(&mut self, nodes: &[usize], head: bool) -> Option<Stage> {
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
        (rows == [true; 2] && out != q).then_some(Stage::Attention(Attention {
            q,
            keys,
            values,
            shape,
            out,
        }))
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
}
