//! Operators that stay within a row, in the first instance.

use super::super::memory::Place;
use super::Bench;
use crate::batch::plan::{Buffer, Input};
use crate::batch::workshop::Row;
use gavel_program::op::Pairing;
use gavel_program::{Control, Op};

impl Bench<'_> {
    /// An operator on each row: those that take most time in vectors, the others as they are defined.
    pub(super) fn on_rows(
        &mut self,
        k: usize,
        out: Buffer,
        rows: &[Row],
    ) -> Result<(), wasmtime::Error> {
        let inputs = self.weights.planned.plan.inputs[k].clone();
        self.allow(k, rows.len())?;
        if self.vectors(k, &inputs, out, rows.len())? {
            return Ok(());
        }
        self.row_by_row(k, &inputs, out, rows)
    }

    /// The operators that take a whole batch; `false` for others.
    fn vectors(
        &mut self,
        k: usize,
        inputs: &[Input],
        out: Buffer,
        rows: usize,
    ) -> Result<bool, wasmtime::Error> {
        let node = self.node(k);
        let width = self.width(out);
        let all = self.places.buffers[out.0].part(0, rows * width);
        let own = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
        match (&node.op, inputs) {
            (Op::RmsNorm(p), [Input::Row(x), Input::Weight(weight)]) if *x != out => {
                let x = self.places.buffers[x.0].part(0, all.words);
                let weight = self.plain(*weight).part(0, p.dim as usize);
                self.first().rms_norm(x, weight, p.eps, all)?;
            }
            (Op::Add(_), [a, b]) if own(a) && !own(b) => {
                let b = match b {
                    Input::Row(b) => self.places.buffers[b.0].part(0, all.words),
                    Input::Weight(b) => self.plain(*b).part(0, width),
                };
                self.first().add(b, all)?;
            }
            (Op::SwiGlu(_), [Input::Row(gate), Input::Row(up)]) if *gate != out && *up != out => {
                let [gate, up] =
                    [gate, up].map(|input| self.places.buffers[input.0].part(0, all.words));
                self.first().swiglu(gate, up, all)?;
            }
            (Op::ExpertLinear(p), [Input::Row(x), Input::Row(chosen), ..]) => {
                return self.experts(k, p, [*x, *chosen], out, rows);
            }
            (Op::ExpertSum(p), [Input::Row(x), Input::Row(chosen), Input::Row(probs)])
                if !inputs.iter().any(own) =>
            {
                for at in 0..rows {
                    let [x, chosen, probs] = [x, chosen, probs].map(|input| self.row(*input, at));
                    let inputs = [
                        x.part(0, (p.used * p.dim) as usize),
                        chosen.part(0, p.used as usize),
                        probs.part(0, p.experts as usize),
                    ];
                    let out = self.row(out, at);
                    self.first().expert_sum(inputs, out)?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// One row after the other.
    fn row_by_row(
        &mut self,
        k: usize,
        inputs: &[Input],
        out: Buffer,
        rows: &[Row],
    ) -> Result<(), wasmtime::Error> {
        let node = self.node(k);
        let width = self.width(out);
        let all = self.places.buffers[out.0].part(0, rows.len() * width);
        let own = |input: &Input| matches!(input, Input::Row(buffer) if *buffer == out);
        let before = self.places.before.part(0, all.words);
        if inputs.iter().any(own) {
            self.first().memory.copy(all, before)?;
        }
        for (at, row) in rows.iter().enumerate() {
            let place = self.row(out, at);
            let input = |this: &Self, buffer: Buffer| match buffer == out {
                true => before.part(at * width, width),
                false => this.row(buffer, at),
            };
            if let (Op::Rope(p), [Input::Row(x), Input::Weight(table)]) = (&node.op, inputs) {
                let rotary = p.rotary as usize;
                let turns = self.plain(*table).part(row.position() * rotary, rotary);
                let x = input(self, *x);
                let neighbours = p.pairing == Pairing::Neighbours;
                let head_dim = p.head_dim as usize;
                self.allow(k, 1)?;
                self.first().rope(x, head_dim, neighbours, turns, place)?;
                continue;
            }
            let places: Vec<Place> = inputs
                .iter()
                .map(|given| match given {
                    Input::Row(buffer) => input(self, *buffer),
                    Input::Weight(index) => self.plain(*index),
                })
                .collect();
            self.defined(k, &node, &row.control, |at| places[at], 0..width, place)?;
        }
        Ok(())
    }

    pub(super) fn sample(
        &mut self,
        k: usize,
        rows: &[Row],
        chosen: &mut Vec<u32>,
    ) -> Result<(), wasmtime::Error> {
        let node = self.node(k);
        let inputs = self.weights.planned.plan.inputs[k].clone();
        for (at, row) in rows.iter().enumerate() {
            let places: Vec<Place> = inputs
                .iter()
                .map(|input| match input {
                    Input::Row(buffer) => self.row(*buffer, at),
                    Input::Weight(index) => self.plain(*index),
                })
                .collect();
            let next = row.position() + 1;
            let token = self.places.token;
            self.defined(
                k,
                &node,
                &row.control,
                |at| places[at],
                next..next + 1,
                token,
            )?;
            chosen.push(self.first().memory.words(token)?[0]);
        }
        Ok(())
    }

    /// Penalties of those rows that have any.
    pub(super) fn penalize(
        &mut self,
        k: usize,
        logits: Buffer,
        rows: &[Row],
        tokens: &[Vec<u32>],
    ) -> Result<(), wasmtime::Error> {
        for (at, row) in rows.iter().enumerate() {
            if row.control.penalizes() {
                let history = &tokens[row.sequence][..=row.position()];
                let logits = self.row(logits, at);
                self.penalize_row(k, &row.control, history, logits)?;
            }
        }
        Ok(())
    }

    fn penalize_row(
        &mut self,
        k: usize,
        control: &Control,
        history: &[u32],
        logits: Place,
    ) -> Result<(), wasmtime::Error> {
        let mut node = self.node(k);
        if let Op::Penalize(p) = &mut node.op {
            p.tokens_capacity = history.len() as u32;
        }
        let before = self.places.before.part(0, logits.words);
        let tokens = self.places.history.part(0, history.len());
        self.first().memory.copy(logits, before)?;
        self.first().memory.write(tokens, history)?;
        let inputs = [before, tokens];
        self.defined(k, &node, control, |at| inputs[at], 0..logits.words, logits)
    }
}
