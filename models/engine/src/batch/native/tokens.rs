//! Operators that read tokens or choose them: the table, penalties, the sampler.

use super::split::for_each_chunk;
use super::{Bench, any_control};
use crate::batch::plan::Buffer;
use crate::batch::workshop::Row;
use crate::scratch::with_scratch;
use gavel_kernels::run_range;
use gavel_program::Op;

impl Bench<'_> {
    /// A row of the table: the operator itself, told that the tokens are this one. Shards that don't have it change nothing.
    pub(super) fn embed(&mut self, nodes: &[usize], out: Buffer, rows: &[Row]) {
        let native = self.native;
        let width = self.width(out);
        let control = any_control();
        for k in nodes {
            let mut node = *native.node(*k);
            if let Op::Embed(p) = &mut node.op {
                p.tokens_capacity = 1;
            }
            for (row, out) in rows.iter().zip(self.buffers[out.0].chunks_exact_mut(width)) {
                let token = [row.token];
                let views = native.views(*k, |_| &token);
                let inputs = &views[..node.input_count];
                with_scratch(|scratch| run_range(&node, &control, inputs, 0..width, out, scratch));
            }
        }
    }

    /// Penalties of those rows that have any.
    pub(super) fn penalize(&mut self, k: usize, logits: Buffer, rows: &[Row], tokens: &[Vec<u32>]) {
        if !rows.iter().any(|row| row.control.penalizes()) {
            return;
        }
        let node = *self.native.node(k);
        let width = self.width(logits);
        let words = &mut self.buffers[logits.0][..rows.len() * width];
        for_each_chunk(words, width, rows.len() > 1, &|at, words: &mut [u32]| {
            let row = &rows[at];
            if !row.control.penalizes() {
                return;
            }
            let mut node = node;
            let history = &tokens[row.sequence][..=row.position()];
            if let Op::Penalize(p) = &mut node.op {
                p.tokens_capacity = history.len() as u32;
            }
            let before = words.to_vec();
            let inputs = [&before[..], history];
            with_scratch(|scratch| {
                run_range(&node, &row.control, &inputs, 0..width, words, scratch);
            });
        });
    }

    /// The token of each row, drawn from its logits as its control slot says.
    pub(super) fn sample(&mut self, k: usize, rows: &[Row], chosen: &mut Vec<u32>) {
        let native = self.native;
        let (node, inputs) = (native.node(k), &native.planned.plan.inputs[k]);
        let first = chosen.len();
        chosen.resize(first + rows.len(), 0);
        let this = &*self;
        for_each_chunk(&mut chosen[first..], 1, rows.len() > 1, &|at, token| {
            let views = native.views(k, |input| this.row_of(inputs[input], at));
            let (control, inputs) = (&rows[at].control, &views[..node.input_count]);
            let next = rows[at].position() + 1;
            with_scratch(|scratch| {
                run_range(node, control, inputs, next..next + 1, token, scratch);
            });
        });
    }
}
