//! Caches and what reads them, in the first instance.

use super::Bench;
use crate::batch::plan::{Attention, Buffer, Cache};
use crate::batch::workshop::Row;
use gavel_simd::attention::Shape;

impl Bench<'_> {
    pub(super) fn store(
        &mut self,
        x: Buffer,
        cache: Cache,
        rows: &[Row],
    ) -> Result<(), wasmtime::Error> {
        for (at, row) in rows.iter().enumerate() {
            let caches = self.caches(row.sequence);
            let (x, cache) = (self.row(x, at), self.cache(caches, cache));
            let (positions, position) = (caches.positions, row.position());
            let first = self.first();
            first.memory.allow(1 << 20)?;
            first.store(x, positions, position, cache)?;
        }
        Ok(())
    }

    pub(super) fn attention(
        &mut self,
        stage: &Attention,
        rows: &[Row],
    ) -> Result<(), wasmtime::Error> {
        let Attention { q, shape, out, .. } = *stage;
        let own = shape.group * shape.head_dim;
        let heads = self.width(out) / own;
        let scratch = self.places.scratch;
        for (at, row) in rows.iter().enumerate() {
            let own_caches = self.caches(row.sequence);
            let shape = Shape {
                positions: own_caches.positions,
                ..shape
            };
            let cache = shape.head_dim * shape.positions;
            let [keys, values] =
                [stage.keys, stage.values].map(|cache| self.cache(own_caches, cache));
            let (q, out) = (self.row(q, at), self.row(out, at));
            let position = row.position();
            let first = self.first();
            for head in 0..heads {
                // A few instructions for each element of each position.
                first
                    .memory
                    .allow((1 << 20) + (64 * own * (position + 64)) as u64)?;
                let [keys, values] = [keys, values].map(|place| place.part(head * cache, cache));
                let (q, out) = (q.part(head * own, own), out.part(head * own, own));
                first.attend(&shape, [q, keys, values], position, scratch, out)?;
            }
        }
        Ok(())
    }
}
