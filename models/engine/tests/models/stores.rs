//! Packed matrices from a store: found again, and not believed where they are of another form.

use crate::setting::image;
use gavel_engine::{Engine, Native, Outcome, PackedBytes, PackedStore, StoredNative, Wanted};
use gavel_formats::{Limits, ModelFile, import};
use gavel_primitives::Params;
use gavel_program::Program;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// What was packed, by name, and how often.
#[derive(Default)]
struct Shelf {
    kept: HashMap<String, Vec<u64>>,
    packed: usize,
}

/// A store that outlives engines.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Shelf>>);

/// Bytes that begin on a whole cache line, as a mapped file's do.
struct Aligned(Vec<u64>, usize, usize);

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[self.1..self.1 + self.2]
    }
}

fn aligned(words: &[u64], len: usize) -> PackedBytes {
    let mut copy = vec![0u64; words.len() + 8];
    let at = copy.as_ptr().align_offset(64);
    copy[at..at + words.len()].copy_from_slice(words);
    Arc::new(Aligned(copy, at * 8, len))
}

impl PackedStore for Shared {
    fn matrices(
        &self,
        _: &str,
        wanted: &[Wanted],
        pack: &(dyn Fn(usize, &mut [u8]) + Sync),
    ) -> Vec<PackedBytes> {
        let mut shelf = self.0.lock().expect("nobody panics with it");
        let Shelf { kept, packed } = &mut *shelf;
        let one = |(index, wanted): (usize, &Wanted)| {
            let words = kept.entry(wanted.name.clone()).or_insert_with(|| {
                *packed += 1;
                let mut words = vec![0u64; wanted.bytes.div_ceil(8)];
                pack(
                    index,
                    &mut bytemuck::cast_slice_mut(&mut words)[..wanted.bytes],
                );
                words
            });
            aligned(words, wanted.bytes)
        };
        wanted.iter().enumerate().map(one).collect()
    }
}

fn program() -> Arc<Program> {
    let file = ModelFile::from_bytes(gavel_zoo::MODEL);
    let program = import(&file, &Limits::default(), image());
    Arc::new(program.expect("the embedded model is supported"))
}

fn answer(engine: &Engine) -> Outcome {
    let prompt = gavel_zoo::prompt("Swap 5 DAI.");
    let outcome = engine.answer(prompt.as_bytes(), &Params::greedy(12), |_| {});
    outcome.expect("the prompt is short")
}

#[test]
fn matrices_are_packed_once_and_wrong_ones_are_not_believed() {
    let program = program();
    let expected = answer(&Engine::new(Arc::clone(&program), Box::new(Native)));
    let store = Shared::default();
    let stored = || StoredNative(Box::new(store.clone()));
    let packed = || store.0.lock().expect("nobody panics with it").packed;
    for _ in 0..2 {
        let engine = Engine::new(Arc::clone(&program), Box::new(stored()));
        assert_eq!(answer(&engine), expected);
    }
    let matrices = packed();
    assert!(matrices > 0, "the embedded model has matrices to pack");
    for words in store
        .0
        .lock()
        .expect("nobody panics with it")
        .kept
        .values_mut()
    {
        words.reverse();
    }
    let engine = Engine::new(Arc::clone(&program), Box::new(stored()));
    assert_eq!(answer(&engine), expected);
    assert_eq!(packed(), matrices, "the store made nothing anew");
}
