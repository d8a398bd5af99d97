//! What tells the families' programs from one another.

mod made;

use crate::builder::{Builder, Value, import_bytes};
use gavel_formats::ImportError;
use gavel_program::op::{Pairing, RmsNorm};
use gavel_program::{Node, Op, Operand, Program};
use made::{HEAD, gemma3, phi3, qwen2, qwen3, qwen3moe};
use proptest::prelude::*;

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
fn experts_take_the_place_of_the_feed_forward_network() {
    let program = imported(&qwen3moe());
    let names = ["TopExperts", "ExpertLinear", "SwiGlu", "ExpertSum"];
    let counts = names.map(|name| nodes(&program, name).count());
    assert_eq!(counts, [1, 3, 1, 1]);
    let own: Vec<bool> = nodes(&program, "ExpertLinear")
        .map(|node| match node.op {
            Op::ExpertLinear(p) => {
                assert_eq!((p.experts, p.used), (4, 2));
                p.own
            }
            _ => panic!("the matrices of experts"),
        })
        .collect();
    assert_eq!(
        own,
        [false, false, true],
        "only the last has inputs of its own"
    );
}

#[test]
fn numbers_of_experts_that_make_no_sense_are_refused() {
    for (key, value) in [
        ("expert_used_count", Value::U32(5)),
        ("expert_used_count", Value::U32(0)),
        ("expert_count", Value::U32(0)),
        ("expert_count", Value::U32(u32::MAX)),
        ("expert_weights_norm", Value::Bool(false)),
    ] {
        let key = format!("qwen3moe.{key}");
        let error = qwen3moe().with(&key, value).import();
        let named = matches!(error, Err(ImportError::Value { key: got, .. }) if got == key);
        assert!(named, "{key}");
    }
    let three = qwen3moe().with("qwen3moe.expert_count", Value::U32(3));
    assert!(matches!(
        three.import(),
        Err(ImportError::Shape { tensor, .. }) if tensor == "blk.0.ffn_gate_inp.weight"
    ));
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

/// The window of each layer's scores, softmax and weighted sum.
fn windows(program: &Program) -> Vec<[u32; 3]> {
    let window = |node: &Node| match node.op {
        Op::Scores(p) => p.window,
        Op::Softmax(p) => p.window,
        Op::WeightedSum(p) => p.window,
        _ => panic!("attention"),
    };
    let of = |name| nodes(program, name).map(window).collect::<Vec<_>>();
    let all = [of("Scores"), of("Softmax"), of("WeightedSum")];
    let layer = |layer: usize| [all[0][layer], all[1][layer], all[2][layer]];
    (0..all[0].len()).map(layer).collect()
}

#[test]
fn windows_count_where_they_hide_positions() {
    let window =
        |window| Builder::llama().with("llama.attention.sliding_window", Value::U32(window));
    let plain = imported(&Builder::llama());
    assert_eq!(windows(&plain), [[16; 3]]);
    for harmless in [0, 16, 4096] {
        assert_eq!(imported(&window(harmless)).id, plain.id);
    }
    assert_eq!(windows(&imported(&window(15))), [[15; 3]]);
}

#[test]
fn gemmas_see_windows_in_five_of_six_layers_and_turn_faster_there() {
    let program = imported(&gemma3());
    let everything = [16; 3];
    let expected = [[4; 3], [4; 3], [4; 3], [4; 3], [4; 3], everything, [4; 3]];
    assert_eq!(windows(&program), expected);
    let tables: Vec<&str> = nodes(&program, "Rope")
        .map(|node| match node.inputs()[1] {
            Operand::Weight(table) => &*program.weights[table as usize].name,
            Operand::Slot(_) => panic!("a table is a weight"),
        })
        .collect();
    let local = ["rope.local"; 10];
    let global = ["rope.table"; 2];
    assert_eq!(tables, [&local[..], &global, &local[..2]].concat());
}

#[test]
fn gemmas_scale_their_embedding_and_norm_what_they_add() {
    let program = imported(&gemma3());
    let names: Vec<&str> = program.nodes.iter().map(|node| node.op.name()).collect();
    let layer = [
        "RmsNorm",
        "Linear",
        "Linear",
        "Linear",
        "RmsNorm",
        "RmsNorm",
        "Rope",
        "Rope",
        "StoreRow",
        "StoreRow",
        "Scores",
        "Softmax",
        "WeightedSum",
        "Linear",
        "RmsNorm",
        "Add",
        "RmsNorm",
        "Linear",
        "Linear",
        "GeGlu",
        "Linear",
        "RmsNorm",
        "Add",
    ];
    assert_eq!(names[2..4], ["Embed", "Scale"]);
    assert_eq!(names[4..4 + layer.len()], layer);
    let factor = nodes(&program, "Scale").find_map(|node| match node.op {
        Op::Scale(p) => Some(f32::from_bits(p.factor)),
        _ => None,
    });
    assert_eq!(factor, Some(5.656_854), "the root of 32");
}

#[test]
fn fused_matrices_are_taken_apart_by_rows() {
    let program = imported(&phi3());
    let quants = |name: &str| -> Vec<u8> {
        let mut weights = program.weights.iter();
        let weight = weights.find(|weight| weight.name == name);
        let words: &[u32] = (*weight.unwrap_or_else(|| panic!("{name}")).words).as_ref();
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    };
    for (name, rows) in [
        ("blk.0.attn_qkv.weight[0..32].quants", 0..32),
        ("blk.0.attn_qkv.weight[32..48].quants", 32..48),
        ("blk.0.attn_qkv.weight[48..64].quants", 48..64),
        ("blk.0.ffn_up.weight[0..64].quants", 0..64),
        ("blk.0.ffn_up.weight[64..128].quants", 64..128),
    ] {
        let expected: Vec<u8> = rows.flat_map(|row| [row; 32]).collect();
        assert_eq!(quants(name), expected, "{name}");
    }
    let names: Vec<&str> = program.nodes.iter().map(|node| node.op.name()).collect();
    let llama = imported(&Builder::llama());
    let expected: Vec<&str> = llama.nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(names, expected);
}

#[test]
fn long_contexts_have_factors_of_their_own() {
    let long_rope = |original| {
        phi3()
            .with(
                "phi3.rope.scaling.original_context_length",
                Value::U32(original),
            )
            .with("phi3.rope.scaling.type", Value::Text("longrope"))
            .with_vector("rope_factors_short.weight", &[1.0; 4])
            .with_vector("rope_factors_long.weight", &[2.0; 4])
    };
    let short = rotations(&imported(&phi3()));
    assert_eq!(rotations(&imported(&long_rope(16))), short);
    let long = rotations(&imported(&long_rope(15)));
    assert_eq!(
        long[2 * HEAD..3 * HEAD],
        short[HEAD..2 * HEAD],
        "half speed"
    );
    let stretched = long_rope(16).with("phi3.rope.scaling.attn_factor", Value::F32(1.5));
    let first = f32::from_bits(rotations(&imported(&stretched))[0]);
    assert_eq!(first, 1.5, "the cosine of 0 times the factor");
}

#[test]
fn linear_scaling_slows_rotations_down() {
    let scaled = Builder::llama().with("llama.rope.scaling.factor", Value::F32(2.0));
    let plain = rotations(&imported(&Builder::llama()));
    let slowed = rotations(&imported(&scaled));
    assert_eq!(slowed[2 * HEAD..3 * HEAD], plain[HEAD..2 * HEAD]);
    let none = scaled.with("llama.rope.scaling.type", Value::Text("none"));
    assert_eq!(rotations(&imported(&none)), plain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Flipped bits in the head of any family's file give an error or a program; nothing else happens.
    #[test]
    fn flipped_bits_are_survived(
        family in 0usize..5,
        flips in proptest::collection::vec((0usize..4000, 0u8..8), 1..6),
    ) {
        let mut bytes = [qwen2, qwen3, qwen3moe, gemma3, phi3][family]().bytes();
        for (at, bit) in flips {
            let len = bytes.len();
            bytes[at % len] ^= 1 << bit;
        }
        let _ = import_bytes(&bytes).map(|program| program.id);
    }
}
