//! Work split over the threads of a rayon pool by halves: nothing is allocated for it.

use crate::scratch::check_thread;

/// Calls `each(index, chunk)` for each chunk of `chunk` words, on several threads if that is worth it.
pub(super) fn for_each_chunk<T: Send>(
    words: &mut [T],
    chunk: usize,
    worth: bool,
    each: &(impl Fn(usize, &mut [T]) + Sync),
) {
    for_each_chunk_of(words, chunk, worth, &|first, words: &mut [T]| {
        for (at, words) in words.chunks_exact_mut(chunk).enumerate() {
            each(first + at, words);
        }
    });
}

/// Calls `each(first, chunks)` for runs of whole chunks, the first of which has index `first`.
pub(super) fn for_each_chunk_of<T: Send>(
    words: &mut [T],
    chunk: usize,
    worth: bool,
    each: &(impl Fn(usize, &mut [T]) + Sync),
) {
    let threads = rayon::current_num_threads();
    let chunks = words.len() / chunk.max(1);
    if !worth || threads == 1 || chunks < 2 {
        check_thread();
        each(0, words);
        return;
    }
    let grain = chunks.div_ceil(PIECES * threads);
    halve(words, chunk, 0, grain, each);
}

/// Pieces for each thread, so that none waits long for the others.
const PIECES: usize = 4;

fn halve<T: Send>(
    words: &mut [T],
    chunk: usize,
    first: usize,
    grain: usize,
    each: &(impl Fn(usize, &mut [T]) + Sync),
) {
    let chunks = words.len() / chunk;
    if chunks <= grain {
        check_thread();
        each(first, words);
        return;
    }
    let half = chunks / 2;
    let (left, right) = words.split_at_mut(half * chunk);
    rayon::join(
        || halve(left, chunk, first, grain, each),
        || halve(right, chunk, first + half, grain, each),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_chunk_is_met_once() {
        for (chunks, chunk) in [(0, 3), (1, 5), (7, 1), (64, 2), (1001, 4)] {
            let mut words = vec![0usize; chunks * chunk];
            let calls = AtomicUsize::new(0);
            for_each_chunk(&mut words, chunk, true, &|index, words| {
                calls.fetch_add(1, Ordering::Relaxed);
                words.iter_mut().for_each(|word| *word += index + 1);
            });
            assert_eq!(calls.into_inner(), chunks);
            for (index, words) in words.chunks(chunk).enumerate() {
                assert!(words.iter().all(|word| *word == index + 1));
            }
        }
    }
}
