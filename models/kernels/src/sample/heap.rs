//! Largest first, by a heap of indices in scratch: bounded cost, no recursion.

/// Makes a heap of `indices`: the one of the highest rank first, none below its children.
pub(crate) fn build(indices: &mut [u32], rank: impl Fn(u32) -> u64) {
    for at in (0..indices.len() / 2).rev() {
        sift(indices, at, &rank);
    }
}

/// Takes the highest out of a heap that is not empty: it moves behind the others, which stay a heap.
pub(crate) fn take(heap: &mut [u32], rank: impl Fn(u32) -> u64) -> u32 {
    let last = heap.len() - 1;
    heap.swap(0, last);
    sift(&mut heap[..last], 0, &rank);
    heap[last]
}

/// Moves the index at `at` down to where none below it ranks higher.
fn sift(heap: &mut [u32], mut at: usize, rank: &impl Fn(u32) -> u64) {
    loop {
        let left = 2 * at + 1;
        if left >= heap.len() {
            return;
        }
        let right = left + 1;
        let child = if right < heap.len() && rank(heap[right]) > rank(heap[left]) {
            right
        } else {
            left
        };
        if rank(heap[child]) <= rank(heap[at]) {
            return;
        }
        heap.swap(at, child);
        at = child;
    }
}
