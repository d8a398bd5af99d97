//! Matrices times a batch of vectors, shared among the instances.

use super::super::matrices::Held;
use super::super::memory::Place;
use super::{Bench, allowance};
use crate::batch::plan::{Buffer, Part};
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_program::Control;
use gavel_program::control::CONTROL_WORDS;
use gavel_simd::linear::scatter;
use gavel_simd::{Activations, GROUP};

impl Bench<'_> {
    /// Matrices that read the same vectors: each instance multiplies with its rows, and the products go back to the first one.
    pub(super) fn linear(
        &mut self,
        x: Buffer,
        cols: usize,
        parts: &[Part],
        vectors: usize,
    ) -> Result<(), wasmtime::Error> {
        let program = &self.weights.planned.program;
        let held = Held::of(program, parts[0].node);
        let alike = |part: &Part| Held::of(program, part.node) == held;
        if held == Held::AsItIs || !parts.iter().all(alike) {
            return self.as_they_are(x, parts, vectors);
        }
        let fuel: u64 = parts
            .iter()
            .map(|part| allowance(&self.node(part.node), vectors))
            .sum();
        let x = self.places.buffers[x.0].part(0, vectors * cols);
        let words = match held {
            Held::Packed => Activations::short_words(vectors, cols),
            _ => x.words,
        };
        let ready: Vec<Place> = self
            .places
            .vectors
            .iter()
            .map(|place| place.part(0, words))
            .collect();
        let products = self.places.products.clone();
        let outs: Vec<Place> = parts
            .iter()
            .map(|part| self.places.buffers[part.out.0].part(0, vectors * self.width(part.out)))
            .collect();
        let widths: Vec<usize> = parts.iter().map(|part| self.width(part.out)).collect();
        let first = self.first();
        first.memory.allow(fuel)?;
        match held {
            Held::Packed => first.quantize(x, vectors, cols, ready[0])?,
            Held::Rows(format) => first.round(format, x, ready[0])?,
            _ => first.memory.copy(x, ready[0])?,
        }
        let crew = self.crew();
        crew.share(&ready, fuel, |index, instance, matrices| {
            let mut at = products[index];
            for part in parts {
                at = matrices.multiply(instance, [part.node, 0], ready[index], vectors, at)?;
            }
            Ok(())
        })?;
        for (index, products) in products.into_iter().enumerate() {
            let mut at = products;
            for (part, (out, width)) in parts.iter().zip(outs.iter().zip(&widths)) {
                let groups = crew.matrices[index].groups(part.node);
                let first = part.first / GROUP + groups.start;
                let place = at.part(0, groups.len() * vectors * GROUP);
                at = at.after(place.words);
                crew.collect(index, place, *out, |products, out| {
                    scatter(
                        cast_slice(products),
                        vectors,
                        first,
                        *width,
                        cast_slice_mut(out),
                    );
                })?;
            }
        }
        Ok(())
    }

    /// Matrices without a fast path, row by row.
    fn as_they_are(
        &mut self,
        x: Buffer,
        parts: &[Part],
        vectors: usize,
    ) -> Result<(), wasmtime::Error> {
        let control = Control::decode(&[0; CONTROL_WORDS]);
        for part in parts {
            let node = self.node(part.node);
            let range = part.first..part.first + part.rows;
            for at in 0..vectors {
                let x = self.row(x, at);
                let out = self.row(part.out, at).part(part.first, part.rows);
                self.defined(part.node, &node, &control, |_| x, range.clone(), out)?;
            }
        }
        Ok(())
    }
}
