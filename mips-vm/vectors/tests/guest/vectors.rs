//! The shared vectors.

use crate::tile::{Setting, TILE_WORDS};
use gavel_kernels::cost;
use gavel_program::Node;
use gavel_vectors::{Vector, load_all, operators_dir, wild};

fn check(file: &str, vector: &Vector) {
    let setting = Setting::new(&vector.record, &vector.control, &vector.inputs);
    let most = Node::decode(&vector.record).map(|node| cost(&node));
    let (old, _) = vector.old.as_chunks::<TILE_WORDS>();
    let (expected, _) = vector.expected.as_chunks::<TILE_WORDS>();
    for (tile, (old, expected)) in old.iter().zip(expected).enumerate() {
        let (chunk, steps) = setting.run(tile as u32, old);
        let name = format!("{file}: {}, tile {tile}", vector.name);
        assert_eq!(chunk, *expected, "{name}");
        assert!(
            most.is_none_or(|most| steps <= most),
            "{name}: {steps} instructions"
        );
    }
}

#[test]
fn every_vector_comes_out_bit_for_bit_on_the_machine() {
    for (file, vectors) in load_all(&operators_dir()).unwrap() {
        for vector in &vectors {
            check(&file, vector);
        }
    }
}

#[test]
fn drawn_cases_come_out_as_they_do_natively() {
    for vector in wild::small(31, 8) {
        check("drawn", &vector);
    }
}
