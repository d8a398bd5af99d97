//! What is said of a program, against numbers worked out from the file's shapes.

use crate::builder::Builder;
use gavel_formats::inspect::Inspection;
use gavel_program::Phase;

/// The smallest llama: dim 32, hidden 32, one layer, one head, context 16, see the builder.
#[test]
fn costs_are_those_of_the_shapes() {
    let program = Builder::llama().import().expect("it is supported");
    let seen = Inspection::of(&program);
    assert_eq!(
        seen.kinds["Linear"].nodes, 8,
        "seven in the layer and the head"
    );
    assert_eq!(
        seen.kinds.values().map(|kind| kind.nodes).sum::<usize>(),
        program.nodes.len()
    );
    let [tokenize, prefill, generate, detokenize] = seen.stages[..] else {
        panic!("four stages");
    };
    assert_eq!((tokenize.phase, tokenize.nodes), (Phase::Tokenize, 3));
    assert_eq!((tokenize.multiply_adds, detokenize.multiply_adds), (0, 0));
    let linear = |program: &gavel_program::Program, name: &str| -> u64 {
        let size = |dims: &[u64]| dims.iter().product::<u64>();
        let file = Builder::llama();
        let found = file.tensors.iter().find(|tensor| tensor.0 == name);
        assert!(
            program
                .weights
                .iter()
                .any(|weight| weight.name.starts_with(name))
        );
        size(&found.expect("the file has it").1)
    };
    let layer: u64 = [
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
    ]
    .iter()
    .map(|name| linear(&program, &format!("blk.0.{name}.weight")))
    .sum();
    // Scores and weighted sum: every element of a query meets every position.
    let queries = linear(&program, "blk.0.attn_q.weight") / 32;
    assert_eq!(prefill.multiply_adds, layer + 2 * queries * 16);
    let head = linear(&program, "token_embd.weight");
    assert_eq!(generate.multiply_adds, prefill.multiply_adds + head);
    assert!(generate.bytes > prefill.bytes);
    let weights: u64 = seen.weights.values().map(|stored| stored.bytes).sum();
    let words: usize = program
        .weights
        .iter()
        .map(|weight| (*weight.words).as_ref().len())
        .sum();
    assert_eq!(weights, words as u64 * 4);
    assert_eq!(
        seen.persistent.tensors + seen.scratch.tensors,
        program.slots.len()
    );
    assert!(
        seen.tile_cost << 4 <= 1 << seen.trace_depth,
        "the margin of a trace"
    );
}
