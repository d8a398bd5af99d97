//! Operators that stay within a row.

use super::split::{for_each_chunk, for_each_chunk_of};
use super::{Bench, WORTH};
use crate::batch::plan::{Buffer, Input};
use crate::batch::workshop::Row;
use crate::scratch::with_scratch;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_kernels::run_range;
use gavel_program::Op;
use gavel_program::op::Pairing;
use gavel_simd::rows;
use std::mem::take;

/// Whether a node writes one of its inputs.
pub(super) fn in_place(inputs: &[Input], out: Buffer) -> bool {
    let same = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
    inputs.iter().any(same)
}

impl Bench<'_> {
    /// An operator on each row: those that take most time in vectors, the others as they are defined.
    pub(super) fn row(&mut self, k: usize, out: Buffer, rows: &[Row]) {
        let mut words = take(&mut self.buffers[out.0]);
        let used = &mut words[..rows.len() * self.width(out)];
        let is_done = self.vectors(k, out, used)
            || self.rope(k, out, rows, used)
            || self.experts(k, out, rows.len(), used)
            || self.expert_sum(k, out, used);
        if !is_done {
            self.defined(k, out, rows, used);
        }
        self.buffers[out.0] = words;
    }

    /// The operators that have a fast path; `false` for others.
    fn vectors(&self, k: usize, out: Buffer, words: &mut [u32]) -> bool {
        let (native, level) = (self.native, self.native.level);
        let inputs = &native.planned.plan.inputs[k];
        let width = self.width(out);
        let worth = words.len() >= WORTH / 8;
        let own = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
        // The part of an input that belongs to `words` output words from row `first` on.
        let part = |at: usize, first: usize, words: usize| -> &[f32] {
            match inputs[at] {
                Input::Row(buffer) => cast_slice(&self.buffers[buffer.0][first * width..][..words]),
                Input::Weight(index) => &cast_slice(native.weight(index))[..width],
            }
        };
        match (&native.node(k).op, &inputs[..]) {
            (Op::RmsNorm(p), [x, Input::Weight(weight)]) if p.rows == 1 && !own(x) => {
                let weight = &cast_slice(native.weight(*weight))[..p.dim as usize];
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    let x = part(0, first, out.len());
                    rows::rms_norm(level, x, weight, p.eps, cast_slice_mut(out));
                });
            }
            (Op::Add(_), [a, b]) if own(a) && !own(b) => {
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    rows::add(level, part(1, first, out.len()), cast_slice_mut(out));
                });
            }
            (Op::SwiGlu(_), [gate, up]) if !own(gate) && !own(up) => {
                for_each_chunk_of(words, width, worth, &|first, out: &mut [u32]| {
                    let (gate, up) = (part(0, first, out.len()), part(1, first, out.len()));
                    rows::swiglu(level, gate, up, cast_slice_mut(out));
                });
            }
            _ => return false,
        }
        true
    }

    /// The rotary embedding; `false` for other operators.
    fn rope(&mut self, k: usize, out: Buffer, rows: &[Row], words: &mut [u32]) -> bool {
        let (native, width) = (self.native, self.width(out));
        let Op::Rope(p) = &native.node(k).op else {
            return false;
        };
        let inputs = &native.planned.plan.inputs[k];
        let [Input::Row(x), Input::Weight(table)] = inputs[..] else {
            return false;
        };
        if x == out {
            self.before[..words.len()].copy_from_slice(words);
        }
        let x = if x == out {
            &self.before
        } else {
            &self.buffers[x.0]
        };
        let table: &[f32] = cast_slice(native.weight(table));
        let rotary = p.rotary as usize;
        let each = |row: usize, out: &mut [u32]| {
            let turns = &table[rows[row].position() * rotary..][..rotary];
            let (x, out) = (cast_slice(&x[row * width..][..width]), cast_slice_mut(out));
            let neighbours = p.pairing == Pairing::Neighbours;
            rows::rope(native.level, x, p.head_dim as usize, neighbours, turns, out);
        };
        for_each_chunk(words, width, words.len() >= WORTH / 8, &each);
        true
    }

    /// An operator as it is defined, row by row.
    fn defined(&mut self, k: usize, out: Buffer, rows: &[Row], words: &mut [u32]) {
        let native = self.native;
        let inputs = &native.planned.plan.inputs[k];
        let width = self.width(out);
        let own = in_place(inputs, out);
        if own {
            self.before[..words.len()].copy_from_slice(words);
        }
        let worth = rows.len() > 1 && words.len() >= WORTH / 64;
        let (node, this) = (native.node(k), &*self);
        for_each_chunk(words, width, worth, &|row, words: &mut [u32]| {
            let views = native.views(k, |at| match inputs[at] {
                Input::Row(buffer) if buffer == out => &this.before[row * width..][..width],
                _ => this.row_of(inputs[at], row),
            });
            let (control, inputs) = (&rows[row].control, &views[..node.input_count]);
            with_scratch(|scratch| {
                run_range(node, control, inputs, 0..width, words, scratch);
            });
        });
    }
}
