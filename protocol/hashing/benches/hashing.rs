//! Speed of pair hashing and of roots: `cargo bench -p gavel-hashing`.
//!
//! The weights of a model of 1.1 billion parameters stand in as as many bytes in tensors of their sizes.

use gavel_hashing::{hash_byte_pairs, par_tree_root, width};
use gavel_primitives::{Depth, Hash};
use rayon::prelude::*;
use std::time::Instant;

/// Pairs of one measurement: half of a core's second-level cache.
const PAIRS: usize = 8192;
const RUNS: usize = 7;
/// Bytes of a large matrix, and how many of them there are.
const TENSOR: usize = 11 << 20;
const TENSORS: usize = 100;

fn main() {
    let pairs = vec![[0x5A; 64]; PAIRS];
    let mut parents = vec![Hash::ZERO; PAIRS];
    let seconds = median(|| {
        for _ in 0..50 {
            hash_byte_pairs(&pairs, &mut parents);
        }
    });
    println!(
        "pairs: {} at once, {:.1} M/s on one thread",
        width(),
        50.0 * PAIRS as f64 / seconds / 1e6
    );
    let bytes: Vec<u8> = (0..TENSOR * TENSORS).map(|i| (i >> 5) as u8).collect();
    let depth = (TENSOR / 32).next_power_of_two().trailing_zeros() as Depth;
    for threads in [1, rayon::current_num_threads()] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        let roots = || -> Vec<Hash> {
            let tensors = bytes.par_chunks(TENSOR);
            tensors.map(|tensor| par_tree_root(tensor, depth)).collect()
        };
        let seconds = median(|| drop(std::hint::black_box(pool.install(roots))));
        println!(
            "roots: {} MB in {TENSORS} tensors, {threads} threads: {seconds:.2} s",
            bytes.len() / 1_000_000
        );
    }
}

/// The middle of some runs' seconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[RUNS / 2]
}
