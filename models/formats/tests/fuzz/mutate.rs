//! Changes to model files that leave most of them whole, so that the reader gets far.

use crate::walk::{ENTRY_COUNT, Field, Kind, Map, TENSOR_COUNT, map};
use std::ops::Range;

/// Random numbers from a seed (the generator of docs/spec/numerics.md's `mix`).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Draw(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `end`, which isn't 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        match all.len() {
            0 => None,
            len => Some(&all[self.below(len)]),
        }
    }
}

/// A changed file: one to four changes. `other` lends its entries.
pub(crate) fn mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut changed = file.to_vec();
    for _ in 0..1 + draw.below(4) {
        match map(&changed) {
            Some(map) if draw.below(8) != 0 => structured(&mut changed, &map, other, draw),
            _ => anywhere(&mut changed, draw),
        }
    }
    if draw.below(4) == 0 {
        // What an offset or a size that grew points to.
        changed.resize(changed.len() + draw.below(1 << 14), 0);
    }
    changed
}

fn structured(file: &mut Vec<u8>, map: &Map, other: &[u8], draw: &mut Draw) {
    let (list, count) = match draw.below(2) {
        0 => (&map.entries, ENTRY_COUNT),
        _ => (&map.tensors, TENSOR_COUNT),
    };
    match draw.below(12) {
        0 => drop(
            draw.of(list)
                .cloned()
                .map(|entry| remove(file, entry, count)),
        ),
        1 => drop(draw.of(list).cloned().map(|entry| {
            let again = file[entry.clone()].to_vec();
            insert(file, entry.start, &again, count);
        })),
        2 => borrow(file, map, other, draw),
        3 => drop(draw.of(list).cloned().and_then(|one| {
            let two = draw.of(list)?.clone();
            swap(file, one, two)
        })),
        _ => drop(
            draw.of(&map.fields)
                .cloned()
                .map(|field| change(file, map, &field, draw)),
        ),
    }
}

fn remove(file: &mut Vec<u8>, entry: Range<usize>, count: Range<usize>) {
    file.drain(entry);
    add(file, count, u64::MAX);
}

fn insert(file: &mut Vec<u8>, at: usize, entry: &[u8], count: Range<usize>) {
    file.splice(at..at, entry.iter().copied());
    add(file, count, 1);
}

/// Adds to a count, modulo 2^64.
fn add(file: &mut [u8], count: Range<usize>, by: u64) {
    let bytes = &mut file[count];
    let old = u64::from_le_bytes((&*bytes).try_into().expect("a count has eight bytes"));
    bytes.copy_from_slice(&old.wrapping_add(by).to_le_bytes());
}

/// A metadata entry of another file.
fn borrow(file: &mut Vec<u8>, own: &Map, other: &[u8], draw: &mut Draw) {
    let Some(theirs) = map(other) else { return };
    let at = own.entries.first().map_or(24, |entry| entry.start);
    if let Some(entry) = draw.of(&theirs.entries) {
        insert(file, at, &other[entry.clone()], ENTRY_COUNT);
    }
}

/// Two entries change places.
fn swap(file: &mut Vec<u8>, one: Range<usize>, two: Range<usize>) -> Option<()> {
    let (first, second) = if one.start < two.start {
        (one, two)
    } else {
        (two, one)
    };
    if first.end > second.start {
        return None;
    }
    let (a, b) = (file[first.clone()].to_vec(), file[second.clone()].to_vec());
    file.splice(second, a);
    file.splice(first, b);
    Some(())
}

/// Another content for a field.
fn change(file: &mut [u8], map: &Map, field: &Field, draw: &mut Draw) {
    let at = field.at.clone();
    let alike: Vec<&Field> = map
        .fields
        .iter()
        .filter(|other| other.kind == field.kind && other.at.len() == at.len())
        .collect();
    match (field.kind, draw.below(4)) {
        (_, 0) => {
            let from = draw.of(&alike).expect("it is like itself").at.clone();
            file.copy_within(from, at.start);
        }
        (Kind::Text, _) => text(&mut file[at], draw),
        (Kind::Code, _) => {
            let code = draw.below(44) as u32;
            file[at].copy_from_slice(&code.to_le_bytes());
        }
        (Kind::Number | Kind::Value, _) => number(&mut file[at], draw),
    }
}

pub(crate) fn text(bytes: &mut [u8], draw: &mut Draw) {
    if bytes.is_empty() {
        return;
    }
    let at = draw.below(bytes.len());
    bytes[at] = match draw.below(3) {
        0 => b'0' + draw.below(10) as u8,
        1 => draw.next() as u8,
        _ => b".<>_ \xC3\xFF\0"[draw.below(8)],
    };
}

/// An extreme or a neighbour, in as many bytes as there are.
pub(crate) fn number(bytes: &mut [u8], draw: &mut Draw) {
    let mut whole = [0u8; 8];
    let len = bytes.len().min(8);
    whole[..len].copy_from_slice(&bytes[..len]);
    let old = u64::from_le_bytes(whole);
    let new = match draw.below(6) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << draw.below(64),
        3 => old.wrapping_add(draw.below(65) as u64).wrapping_sub(32),
        4 => old.rotate_left(1),
        _ => draw.next(),
    };
    bytes[..len].copy_from_slice(&new.to_le_bytes()[..len]);
}

/// Bits, cuts and gaps wherever they fall.
pub(crate) fn anywhere(file: &mut Vec<u8>, draw: &mut Draw) {
    if file.is_empty() {
        return;
    }
    let at = draw.below(file.len());
    match draw.below(4) {
        0 => file[at] ^= 1 << draw.below(8),
        1 => file.truncate(at),
        2 => drop(file.drain(at..(at + draw.below(40)).min(file.len()))),
        _ => file[at] = draw.next() as u8,
    }
}
