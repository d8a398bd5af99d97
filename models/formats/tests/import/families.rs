//! What tells the families' programs from one another.

use crate::builder::{Builder, Value};
use gavel_formats::ImportError;
use gavel_program::op::{Pairing, RmsNorm};
use gavel_program::{Node, Op, Operand, Program};

/// Elements of the smallest model's heads, of which it has 4 for queries and 2 for keys.
const HEAD: usize = 8;

/// A Qwen 2 with zero biases.
fn qwen2() -> Builder {
    Builder::of_family("qwen2")
        .with_vector("blk.0.attn_q.bias", &[0.0; 4 * HEAD])
        .with_vector("blk.0.attn_k.bias", &[0.0; 2 * HEAD])
        .with_vector("blk.0.attn_v.bias", &[0.0; 2 * HEAD])
}

/// A Qwen 3 whose heads have 16 elements, twice what the residual stream would give them.
fn qwen3() -> Builder {
    let mut file = Builder::of_family("qwen3")
        .with("qwen3.attention.key_length", Value::U32(16))
        .with("qwen3.attention.value_length", Value::U32(16))
        .with_vector("blk.0.attn_q_norm.weight", &[1.0; 16])
        .with_vector("blk.0.attn_k_norm.weight", &[1.0; 16]);
    for (name, dims, _, bytes) in &mut file.tensors {
        let place = match name.as_str() {
            "blk.0.attn_q.weight" | "blk.0.attn_k.weight" | "blk.0.attn_v.weight" => 1,
            "blk.0.attn_output.weight" => 0,
            _ => continue,
        };
        dims[place] *= 2;
        *bytes = vec![1; 2 * bytes.len()];
    }
    file
}

fn imported(file: &Builder) -> Program {
    file.import().unwrap_or_else(|error| panic!("{error}"))
}

fn nodes<'a>(program: &'a Program, name: &'a str) -> impl Iterator<Item = &'a Node> {
    program
        .nodes
        .iter()
        .filter(move |node| node.op.name() == name)
}

fn pairings(program: &Program) -> Vec<Pairing> {
    let pairing = |node: &Node| match node.op {
        Op::Rope(p) => p.pairing,
        _ => panic!("a rotation"),
    };
    nodes(program, "Rope").map(pairing).collect()
}

#[test]
fn llamas_turn_neighbours_and_qwens_halves() {
    assert_eq!(
        pairings(&imported(&Builder::llama())),
        [Pairing::Neighbours; 2]
    );
    assert_eq!(pairings(&imported(&qwen2())), [Pairing::Halves; 2]);
    assert_eq!(pairings(&imported(&qwen3())), [Pairing::Halves; 2]);
}

#[test]
fn biases_are_added_where_the_matrices_wrote() {
    let program = imported(&qwen2());
    assert_eq!(
        program.nodes.len(),
        imported(&Builder::llama()).nodes.len() + 3
    );
    let biased: Vec<(u32, &str)> = nodes(&program, "Add")
        .filter_map(|node| match *node.inputs() {
            [Operand::Slot(slot), Operand::Weight(bias)] if slot == node.output => {
                Some((slot, &*program.weights[bias as usize].name))
            }
            _ => None,
        })
        .collect();
    let projected: Vec<u32> = nodes(&program, "Linear").map(|node| node.output).collect();
    assert_eq!(
        biased,
        [
            (projected[0], "blk.0.attn_q.bias"),
            (projected[1], "blk.0.attn_k.bias"),
            (projected[2], "blk.0.attn_v.bias"),
        ]
    );
}

#[test]
fn heads_have_norms_and_a_size_of_their_own() {
    let program = imported(&qwen3());
    let rows: Vec<(u32, u32)> = nodes(&program, "RmsNorm")
        .map(|node| match node.op {
            Op::RmsNorm(RmsNorm { rows, dim, .. }) => (rows, dim),
            _ => panic!("a norm"),
        })
        .collect();
    assert_eq!(rows, [(1, 32), (4, 16), (2, 16), (1, 32), (1, 32)]);
    let first_rope = program
        .nodes
        .iter()
        .position(|node| node.op.name() == "Rope");
    let head_norms = program
        .nodes
        .iter()
        .rposition(|node| matches!(node.op, Op::RmsNorm(p) if p.rows > 1));
    assert!(head_norms < first_rope, "norms come before rotations");
}

#[test]
fn what_belongs_to_a_family_is_missed_there_and_refused_elsewhere() {
    let bare = |name| Builder::of_family(name).import();
    assert!(
        matches!(bare("qwen2"), Err(ImportError::Missing { key, .. }) if key == "blk.0.attn_q.bias")
    );
    assert!(
        matches!(bare("qwen3"), Err(ImportError::Missing { key, .. }) if key == "blk.0.attn_q_norm.weight")
    );
    let biased = Builder::llama().with_vector("blk.0.attn_q.bias", &[0.0; 4 * HEAD]);
    assert!(matches!(
        biased.import(),
        Err(ImportError::Unknown { name, family: "llama", .. }) if name == "blk.0.attn_q.bias"
    ));
}

/// The words of the table of rotations.
fn rotations(program: &Program) -> Vec<u32> {
    let mut weights = program.weights.iter();
    let table = weights.find(|weight| weight.name == "rope.table");
    (*table.expect("there is one").words).as_ref().to_vec()
}

#[test]
fn frequency_factors_are_folded_into_the_table() {
    let factors = |factors: &[f32]| Builder::llama().with_vector("rope_freqs.weight", factors);
    let plain = rotations(&imported(&Builder::llama()));
    assert_eq!(rotations(&imported(&factors(&[1.0; 4]))), plain);
    let slowed = rotations(&imported(&factors(&[1.0, 2.0, 1.0, 1.0])));
    // Pair 1 of position 2 is where it was at position 1; the others are where they were.
    assert_eq!(slowed[2 * HEAD + 2..][..2], plain[HEAD + 2..][..2]);
    assert_eq!(slowed[2 * HEAD + 4..][..4], plain[2 * HEAD + 4..][..4]);
    for odd in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let result = factors(&[1.0, odd, 1.0, 1.0]).import();
        assert!(
            matches!(result, Err(ImportError::Value { key, .. }) if key == "rope_freqs.weight"),
            "{odd}"
        );
    }
}

#[test]
fn windows_that_hide_positions_are_refused() {
    let window =
        |window| Builder::llama().with("llama.attention.sliding_window", Value::U32(window));
    let plain = imported(&Builder::llama()).id;
    for harmless in [0, 16, 4096] {
        assert_eq!(imported(&window(harmless)).id, plain);
    }
    let Err(error) = window(15).import() else {
        panic!("position 15 would not see position 0");
    };
    let text = error.to_string();
    assert!(
        text.contains("sliding_window") && text.contains("at least 16"),
        "{text}"
    );
}
