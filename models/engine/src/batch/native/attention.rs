//! Caches and what reads them.

use super::split::for_each_chunk;
use super::{Bench, WORTH};
use crate::batch::plan::{Attention, Buffer, Cache};
use crate::batch::workshop::Row;
use crate::scratch::with_scratch;
use bytemuck::{cast_slice, cast_slice_mut};
use gavel_simd::attention::{Shape, attention, store};
use std::mem::take;

impl Bench<'_> {
    /// Puts each row into its sequence's cache, at its position.
    pub(super) fn store(&mut self, x: Buffer, cache: Cache, rows: &[Row]) {
        let width = self.width(x);
        let x = cast_slice(&self.buffers[x.0]);
        for (row, x) in rows.iter().zip(x.chunks_exact(width)) {
            let caches = self.sequences.of_mut(row.sequence);
            let (positions, cache) = (caches.positions, &mut caches.words[cache.0]);
            let cache = cast_slice_mut(cache);
            store(self.native.level, x, positions, row.position(), cache);
        }
    }

    /// Scores, softmax and weighted sum, of each key head of each row by itself.
    pub(super) fn attention(&mut self, stage: &Attention, rows: &[Row]) {
        let Attention {
            q,
            keys,
            values,
            shape,
            out,
        } = *stage;
        let level = self.native.level;
        let width = self.width(out);
        let group = shape.group * shape.head_dim;
        let kv_heads = width / group;
        let mut words = take(&mut self.buffers[out.0]);
        let q: &[f32] = cast_slice(&self.buffers[q.0]);
        let sequences = &self.sequences;
        let seen: usize = rows.iter().map(|row| row.position() + 1).sum();
        let one = |chunk: usize, out: &mut [u32]| {
            let (row, head) = (&rows[chunk / kv_heads], chunk % kv_heads);
            let caches = sequences.of(row.sequence);
            let shape = Shape {
                positions: caches.positions,
                ..shape
            };
            let at = head * shape.head_dim * shape.positions;
            with_scratch(|scratch| {
                attention(
                    level,
                    &shape,
                    &q[chunk * group..][..group],
                    &cast_slice(&caches.words[keys.0])[at..],
                    &cast_slice(&caches.words[values.0])[at..],
                    row.position(),
                    cast_slice_mut(scratch),
                    cast_slice_mut(out),
                );
            });
        };
        let words_used = &mut words[..rows.len() * width];
        for_each_chunk(words_used, group, 4 * seen * width >= WORTH, &one);
        self.buffers[out.0] = words;
    }
}
