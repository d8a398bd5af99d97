//! The hashes of a segment's states.

use super::fault::Course;
use super::work_tree::{Store, WorkTree};
use crate::memory::Work;
use crate::state::REGISTERS_BYTES;
use gavel_hashing::hash_many;
use gavel_primitives::{Hash, tag};

/// States hashed at once: their messages stay in the cache.
const BATCH: u64 = 1024;

/// Tag and registers.
const REGISTERS_MESSAGE: usize = 32 + REGISTERS_BYTES;
/// Tag, work root, hash of the registers.
const STATE_MESSAGE: usize = 96;

/// The hashes of the `count` states after the one that `course` is in, whose memory is `work`. The machine must not
/// exit before the last of them.
pub(super) fn state_hashes(mut course: Course<'_>, work: &Work, count: u64) -> Vec<Hash> {
    let mut tree = WorkTree::new(work);
    let mut hashes = Vec::with_capacity(count as usize);
    let mut left = count;
    while left != 0 {
        let batch = left.min(BATCH);
        hashes.extend(hash_batch(&mut course, &mut tree, batch));
        left -= batch;
    }
    hashes
}

fn hash_batch(course: &mut Course<'_>, tree: &mut WorkTree, count: u64) -> Vec<Hash> {
    let mut work_root = tree.root();
    let mut registers = Vec::with_capacity(count as usize);
    let mut stores = Vec::new();
    // How many stores each state has behind it.
    let mut behind = Vec::with_capacity(count as usize);
    for _ in 0..count {
        if let Some(offset) = course.step() {
            let pair = *course.runner().leaf_pair(offset);
            stores.push(Store { offset, pair });
        }
        registers.push(registers_message(course));
        behind.push(stores.len());
    }
    let roots = tree.apply(&stores);
    let states: Vec<[u8; STATE_MESSAGE]> = hash_many(&registers)
        .iter()
        .zip(behind)
        .map(|(registers, behind)| {
            work_root = behind.checked_sub(1).map_or(work_root, |last| roots[last]);
            state_message(&work_root, registers)
        })
        .collect();
    hash_many(&states)
}

fn registers_message(course: &Course<'_>) -> [u8; REGISTERS_MESSAGE] {
    let mut message = [0u8; REGISTERS_MESSAGE];
    message[..32].copy_from_slice(&tag::REGISTERS);
    message[32..].copy_from_slice(&course.runner().registers().pack());
    message
}

fn state_message(work_root: &Hash, registers: &Hash) -> [u8; STATE_MESSAGE] {
    let mut message = [0u8; STATE_MESSAGE];
    message[..32].copy_from_slice(&tag::MACHINE);
    message[32..64].copy_from_slice(&work_root.0);
    message[64..].copy_from_slice(&registers.0);
    message
}
