//! The chosen experts' matrices times vectors, shared among the instances: each expert meets all vectors of a batch that are sent to it.

use super::super::instance::Instance;
use super::super::matrices::Held;
use super::super::memory::Place;
use super::{Bench, allowance};
use crate::batch::plan::Buffer;
use crate::batch::sent::{Run, Sent};
use bytemuck::cast_slice;
use gavel_program::op::ExpertLinear;
use gavel_simd::linear::Outputs;
use gavel_simd::{Activations, GROUP};
use std::ops::Range;

/// Where the vectors of each expert lie, as its matrix reads them.
struct Ready {
    /// Of each expert that has any, from the beginning of an instance's vectors on.
    at: Vec<Range<usize>>,
    /// Words of them all.
    words: usize,
}

impl Bench<'_> {
    /// The matrices of the experts that each row is sent to; `false` where they have no fast path.
    pub(super) fn experts(
        &mut self,
        k: usize,
        p: &ExpertLinear,
        [x, chosen]: [Buffer; 2],
        out: Buffer,
        rows: usize,
    ) -> Result<bool, wasmtime::Error> {
        let held = Held::of(&self.weights.planned.program, k);
        if held == Held::AsItIs {
            return Ok(false);
        }
        let places = rows * p.used as usize;
        let chosen = self.places.buffers[chosen.0].part(0, places);
        let sent = Sent::new(p, self.first().memory.words(chosen)?);
        let x = self.places.buffers[x.0];
        let fuel = allowance(&self.node(k), rows);
        self.first().memory.allow(fuel)?;
        let ready = match held {
            Held::Packed => self.quantized(p, x, &sent)?,
            _ => self.gathered(p, held, x, &sent)?,
        };
        let vectors = self.places.vectors.clone();
        let products = self.places.products.clone();
        let height = p.rows as usize;
        let out = self.places.buffers[out.0].part(0, places * height);
        let shared: Vec<Place> = vectors.iter().map(|all| all.part(0, ready.words)).collect();
        let crew = self.crew();
        crew.share(&shared, fuel, |index, instance, matrices| {
            let mut at = products[index];
            for (run, x) in sent.runs().zip(&ready.at) {
                let x = vectors[index].part(x.start, x.len());
                at = matrices.multiply(instance, [k, run.expert], x, run.places.len(), at)?;
            }
            Ok(())
        })?;
        if sent.count() < places {
            crew.instances[0].memory.words(out)?.fill(0);
        }
        for (index, products) in products.into_iter().enumerate() {
            let groups = crew.matrices[index].groups(k);
            let products = products.part(0, groups.len() * sent.count() * GROUP);
            crew.collect(index, products, out, |products, out| {
                scatter(&sent, cast_slice(products), &groups, height, out);
            })?;
        }
        Ok(true)
    }

    /// Quantizes the vectors of each expert as a batch of their own; a vector that goes to several experts alone is quantized once.
    fn quantized(
        &mut self,
        p: &ExpertLinear,
        x: Place,
        sent: &Sent,
    ) -> Result<Ready, wasmtime::Error> {
        let cols = p.cols as usize;
        let (vectors, gather) = (self.places.vectors[0], self.places.gathered);
        let first = self.first();
        let (mut at, mut words) = (Vec::new(), 0);
        let mut alone: Vec<(usize, Range<usize>)> = Vec::new();
        for run in sent.runs() {
            let vector = sent.vector(run.places[0]);
            let is_alone = run.places.len() == 1;
            let known = alone.iter().find(|(known, _)| is_alone && *known == vector);
            if let Some((_, known)) = known {
                at.push(known.clone());
                continue;
            }
            let own = words..words + Activations::short_words(run.places.len(), cols);
            words = own.end;
            let from = match is_alone {
                true => x.part(vector * cols, cols),
                false => gather_run(first, &run, sent, x, cols, gather)?,
            };
            let to = vectors.part(own.start, own.len());
            first.quantize(from, run.places.len(), cols, to)?;
            if is_alone {
                alone.push((vector, own.clone()));
            }
            at.push(own);
        }
        Ok(Ready { at, words })
    }

    /// The vectors of each expert as its floating-point weights meet them.
    fn gathered(
        &mut self,
        p: &ExpertLinear,
        held: Held,
        x: Place,
        sent: &Sent,
    ) -> Result<Ready, wasmtime::Error> {
        let cols = p.cols as usize;
        let (vectors, gather) = (self.places.vectors[0], self.places.gathered);
        let first = self.first();
        let (mut at, mut words) = (Vec::new(), 0);
        for run in sent.runs() {
            let own = words..words + run.places.len() * cols;
            let to = vectors.part(own.start, own.len());
            match held {
                Held::Rows(format) => {
                    let from = gather_run(first, &run, sent, x, cols, gather)?;
                    first.round(format, from, to)?;
                }
                _ => {
                    gather_run(first, &run, sent, x, cols, to)?;
                }
            }
            words = own.end;
            at.push(own);
        }
        Ok(Ready { at, words })
    }
}

/// Puts the vectors of an expert one after the other; gives where they lie.
fn gather_run(
    first: &mut Instance,
    run: &Run<'_>,
    sent: &Sent,
    x: Place,
    cols: usize,
    to: Place,
) -> Result<Place, wasmtime::Error> {
    for (index, place) in run.places.iter().enumerate() {
        let from = x.part(sent.vector(*place) * cols, cols);
        first.memory.copy(from, to.part(index * cols, cols))?;
    }
    Ok(to.part(0, run.places.len() * cols))
}

/// Puts an instance's products, of each expert `[groups, vectors]`, into their rows of `out` \[places, height\].
fn scatter(
    sent: &Sent,
    products: &[Outputs],
    groups: &Range<usize>,
    height: usize,
    out: &mut [u32],
) {
    for run in sent.runs() {
        let vectors = run.places.len();
        let own = &products[run.before * groups.len()..][..vectors * groups.len()];
        for (group, own) in groups.clone().zip(own.chunks_exact(vectors)) {
            let (row, count) = (group * GROUP, GROUP.min(height - group * GROUP));
            for (place, output) in run.places.iter().zip(own) {
                let out = &mut out[place * height + row..][..count];
                out.copy_from_slice(cast_slice(&output[..count]));
            }
        }
    }
}
