//! The shared operator vectors, natively: the whole output, tile by tile, and in ranges of a few tiles.

use gavel_kernels::{run_range, run_tile, shape, touched};
use gavel_program::boot::{SCRATCH_WORDS, TILE_BYTES, boot_words};
use gavel_program::{Control, Node, Op};
use gavel_vectors::{Vector, load_all, operators_dir};

const TILE_WORDS: usize = TILE_BYTES / 4;

/// Runs every tile of the slot as the machine does.
fn by_tiles(vector: &Vector, inputs: &[&[u32]], scratch: &mut [u32]) -> Vec<u32> {
    let mut out = vector.old.clone();
    for (tile, chunk) in out.as_chunks_mut::<TILE_WORDS>().0.iter_mut().enumerate() {
        let boot = boot_words(&vector.record, tile as u32);
        run_tile(&boot, &vector.control, inputs, chunk, scratch);
    }
    out
}

/// Runs the slot in ranges of `tiles` tiles.
fn by_ranges(
    vector: &Vector,
    node: &Node,
    inputs: &[&[u32]],
    tiles: usize,
    scratch: &mut [u32],
) -> Vec<u32> {
    let control = Control::decode(&vector.control);
    let mut out = vector.old.clone();
    let width = tiles * TILE_WORDS;
    let per_word = shape::output(&node.op).dtype.per_tile() / TILE_WORDS;
    for (part, words) in out.chunks_mut(width).enumerate() {
        let start = part * width * per_word;
        let range = start..start + words.len() * per_word;
        run_range(node, &control, inputs, range, words, scratch);
    }
    out
}

fn check(file: &str, vector: &Vector) {
    let name = format!("{file}: {}", vector.name);
    let inputs: Vec<&[u32]> = vector.inputs.iter().map(Vec::as_slice).collect();
    let mut scratch = vec![0xdead_beef; SCRATCH_WORDS];
    assert_eq!(
        by_tiles(vector, &inputs, &mut scratch),
        vector.expected,
        "{name}, by tiles"
    );
    let Some(node) = Node::decode(&vector.record) else {
        return;
    };
    let control = Control::decode(&vector.control);
    if node.predicate & control.phase().bit() == 0 {
        return;
    }
    for tiles in [1, 2, 3, 1 << 20] {
        let out = by_ranges(vector, &node, &inputs, tiles, &mut scratch);
        assert_eq!(out, vector.expected, "{name}, by {tiles} tiles");
    }
    let touched = touched(&node, &control);
    let per_word = shape::output(&node.op).dtype.per_tile() / TILE_WORDS;
    for (word, (old, new)) in vector.old.iter().zip(&vector.expected).enumerate() {
        assert!(
            old == new || touched.contains(&(word * per_word)),
            "{name}: word {word} is not in {touched:?}"
        );
    }
}

#[test]
fn every_vector_comes_out_bit_for_bit() {
    for (file, vectors) in load_all(&operators_dir()).unwrap() {
        assert!(!vectors.is_empty(), "{file}");
        for vector in &vectors {
            check(&file, vector);
        }
    }
}

#[test]
fn every_operator_has_vectors_that_change_something() {
    let files = load_all(&operators_dir()).unwrap();
    for (code, name) in Op::TABLE {
        let vectors = files.iter().find(|(file, _)| file == name);
        let (_, vectors) = vectors.unwrap_or_else(|| panic!("no vectors for {name}"));
        assert!(
            vectors
                .iter()
                .any(|vector| vector.record[0] == *code && vector.old != vector.expected)
        );
    }
}
