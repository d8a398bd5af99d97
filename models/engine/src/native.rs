//! The kernels as native code, split over threads by whole tiles.

use crate::batch::workshop::{Planned, Prepared};
use crate::packed_store::{InMemory, PackedStore};
use crate::scratch::with_scratch;
use crate::{Call, Executor, batch, sequence, single};
use gavel_kernels::{run_range, shape};
use gavel_program::Op;
use gavel_program::boot::TILE_BYTES;
use gavel_simd::Level;
use rayon::prelude::*;

/// Words of a tile.
const TILE_WORDS: usize = TILE_BYTES / 4;
/// Multiply-adds below which a node isn't worth a second thread: waking one and waiting for it takes tens of microseconds.
const WORTH_SPLITTING: u64 = 1 << 20;

/// The native executor. It uses the rayon pool in which it is called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Executor for Native {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        if sequence::run(call, out) || single::run(call, out) {
            return;
        }
        let tiles = out.len().div_ceil(TILE_WORDS);
        let parts = parts(call, tiles);
        if parts == 1 {
            compute(call, call.range.start, call.range.end, out);
            return;
        }
        let per_part = tiles.div_ceil(parts) * TILE_WORDS;
        let per_word = 32 / shape::output(&call.node.op).dtype.bits();
        out.par_chunks_mut(per_part)
            .enumerate()
            .for_each(|(part, out)| {
                let start = call.range.start + part * per_part * per_word;
                compute(
                    call,
                    start,
                    call.range.end.min(start + out.len() * per_word),
                    out,
                );
            });
    }

    fn prepare(&self, planned: &Planned) -> Option<Box<dyn Prepared>> {
        Some(prepared(planned, &InMemory))
    }

    fn name(&self) -> &'static str {
        "native"
    }
}

/// The native executor, with its packed matrices in a store.
pub struct StoredNative(pub Box<dyn PackedStore>);

impl Executor for StoredNative {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        Native.run(call, out);
    }

    fn prepare(&self, planned: &Planned) -> Option<Box<dyn Prepared>> {
        Some(prepared(planned, &*self.0))
    }

    fn name(&self) -> &'static str {
        Native.name()
    }
}

fn prepared(planned: &Planned, store: &dyn PackedStore) -> Box<dyn Prepared> {
    let weights = batch::native::Native::new(planned.clone(), Level::best(), store);
    Box::new(weights)
}

fn compute(call: &Call<'_>, start: usize, end: usize, out: &mut [u32]) {
    with_scratch(|scratch| {
        run_range(
            call.node,
            call.control,
            call.inputs,
            start..end,
            out,
            scratch,
        )
    });
}

/// Into how many parts a call is split: a few for each thread, so that none waits long for the others.
fn parts(call: &Call<'_>, tiles: usize) -> usize {
    let threads = rayon::current_num_threads();
    if threads == 1 || tiles < 2 || work(&call.node.op) < WORTH_SPLITTING {
        return 1;
    }
    tiles.min(4 * threads)
}

/// Multiply-adds of a node whose tiles are independent; 0 where every part would repeat the whole work.
fn work(op: &Op) -> u64 {
    let product = |a: u32, b: u32| u64::from(a) * u64::from(b);
    match op {
        Op::Linear(p) => product(p.rows, p.cols),
        Op::Scores(p) => product(p.heads * p.head_dim, p.context),
        Op::WeightedSum(p) => product(p.heads * p.head_dim, p.context),
        Op::Conv(p) => {
            let kernel = p.channels / p.groups * p.kernel_height * p.kernel_width;
            product(p.out_channels * p.out_height * p.out_width, kernel)
        }
        _ => 0,
    }
}
