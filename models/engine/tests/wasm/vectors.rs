//! Every shared operator vector comes out bit for bit, within its meter.

use gavel_engine::{Call, Executor, Wasm};
use gavel_kernels::{shape, touched};
use gavel_program::{Control, Node, TILE_BYTES};
use gavel_vectors::{Vector, load_all, operators_dir, wild};

const TILE_WORDS: usize = TILE_BYTES / 4;

/// Runs the slot in ranges of `tiles` tiles.
fn run(wasm: &Wasm, vector: &Vector, node: &Node, control: &Control, tiles: usize) -> Vec<u32> {
    let inputs: Vec<&[u32]> = vector.inputs.iter().map(Vec::as_slice).collect();
    let per_word = shape::output(&node.op).dtype.per_tile() / TILE_WORDS;
    let mut out = vector.old.clone();
    let width = tiles * TILE_WORDS;
    for (part, words) in out.chunks_mut(width).enumerate() {
        let start = part * width * per_word;
        let call = Call {
            index: 0,
            node,
            control,
            inputs: &inputs,
            range: start..start + words.len() * per_word,
        };
        wasm.run(&call, words);
    }
    out
}

#[test]
fn every_vector_comes_out_bit_for_bit() {
    let mut computed = 0;
    for (file, vectors) in load_all(&operators_dir()).unwrap() {
        for vector in &vectors {
            // The executor's caller decodes records and tests predicates.
            let Some(node) = Node::decode(&vector.record) else {
                continue;
            };
            let control = Control::decode(&vector.control);
            if node.predicate & control.phase().bit() == 0 {
                continue;
            }
            // A sandbox keeps weights by index, and every vector has its own.
            let wasm = Wasm::new().unwrap();
            computed += touched(&node, &control).len().min(1);
            for tiles in [1, 2, 1 << 20] {
                let out = run(&wasm, vector, &node, &control, tiles);
                assert_eq!(
                    out, vector.expected,
                    "{file}: {}, by {tiles} tiles",
                    vector.name
                );
            }
        }
    }
    assert!(computed > 300, "{computed} vectors compute something");
}

#[test]
fn drawn_cases_come_out_as_they_do_natively() {
    // Their operands are slots, of which a sandbox keeps nothing.
    let wasm = Wasm::new().unwrap();
    for vector in wild::small(32, 40) {
        let node = Node::decode(&vector.record).expect("a drawn node is one");
        let control = Control::decode(&vector.control);
        for tiles in [1, 1 << 20] {
            let out = run(&wasm, &vector, &node, &control, tiles);
            assert_eq!(out, vector.expected, "{}, by {tiles} tiles", vector.name);
        }
    }
}
