//! Which shards matrices are cut into, and who reads them.

use crate::builder::image;
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::{ImportError, Limits, ModelFile, import};
use gavel_program::{Op, Operand, Program};
use std::ops::Range;

const MODEL: RandomModel = RandomModel {
    family: Family::Llama,
    dim: 64,
    layers: 1,
    heads: 4,
    kv_heads: 2,
    ffn: 192,
    experts: [8, 3],
    vocab: 400,
    context: 64,
    storage: Storage::Q8_0,
    seed: 8,
};
/// Bytes of 128 rows of 64 quants: of a matrix with 192 columns a window so small has 42 rows.
const ROWS_128: u32 = 128 * 64;
/// 64 rows of 192.
const ROWS_64: u32 = 64 * 192;

fn imported(model: &RandomModel, tied: bool, most: u32) -> Result<Program, ImportError> {
    let mut bytes = Vec::new();
    match tied {
        true => model.write_tied(&mut bytes),
        false => model.write(&mut bytes),
    }
    .expect("a vector takes all bytes");
    let limits = Limits {
        max_plane_bytes: most,
        ..Limits::default()
    };
    import(&ModelFile::from_bytes(&bytes), &limits, image())
}

/// Of the nodes that write a slot the rows that they are of, and the names of their first planes.
fn shards(program: &Program, slot: &str) -> Vec<(Range<u32>, String)> {
    let mut found = Vec::new();
    for node in &program.nodes {
        let (rows, after, first) = match &node.op {
            Op::Linear(p) => (p.before..p.before + p.rows, p.after, node.inputs()[1]),
            Op::Embed(p) => (p.before..p.before + p.vocab, p.after, node.inputs()[1]),
            _ => continue,
        };
        let Operand::Weight(weight) = first else {
            panic!("a matrix is a weight");
        };
        let output = program.slot(node.output).expect("a checked program");
        if output.name == slot {
            let whole = if slot == "x" { 400 } else { output.len as u32 };
            assert_eq!(rows.end + after, whole, "{slot}");
            found.push((rows, program.weights[weight as usize].name.clone()));
        }
    }
    found
}

/// What [`shards`] gives for the rows of a tensor from `first` on.
fn expected(tensor: &str, first: u32, bounds: &[u32]) -> Vec<(Range<u32>, String)> {
    let pairs = bounds.windows(2).map(|pair| {
        let (start, end) = (first + pair[0], first + pair[1]);
        let name = format!("{tensor}.weight[{start}..{end}].quants");
        (pair[0]..pair[1], name)
    });
    pairs.collect()
}

#[test]
fn shards_follow_each_other_and_are_named_by_their_rows() {
    for tied in [false, true] {
        let program = imported(&MODEL, tied, ROWS_64).expect("it is supported");
        // 192 rows of 64 fit, of 400 rows 134 in each of three, which is 192 in whole tiles.
        let bounds = [0, 192, 384, 400];
        assert_eq!(shards(&program, "x"), expected("token_embd", 0, &bounds));
        let head = if tied { "token_embd" } else { "output" };
        assert_eq!(shards(&program, "logits"), expected(head, 0, &bounds));
        let whole = |name: &str, rows| vec![(0..rows, format!("{name}.weight.quants"))];
        assert_eq!(shards(&program, "gate"), whole("blk.0.ffn_gate", 192));
    }
}

#[test]
fn parts_of_fused_matrices_are_cut_each_by_itself() {
    let model = RandomModel {
        family: Family::Phi3,
        dim: 128,
        ..MODEL
    };
    // 96 rows of 128 fit, so 64 in whole tiles.
    let program = imported(&model, false, ROWS_64).expect("it is supported");
    let bounds = [0, 64, 128, 192];
    assert_eq!(
        shards(&program, "gate"),
        expected("blk.0.ffn_up", 0, &bounds)
    );
    assert_eq!(
        shards(&program, "up"),
        expected("blk.0.ffn_up", 192, &bounds)
    );
}

#[test]
fn a_limit_above_a_window_is_a_window_and_one_below_a_tile_is_refused() {
    let [default, larger] = [Limits::default().max_plane_bytes, u32::MAX];
    let id = |most| imported(&MODEL, true, most).expect("it is supported").id;
    assert_eq!(id(default), id(larger));
    assert_ne!(id(default), id(ROWS_64));
    for most in [0, 1, ROWS_128] {
        let refused = imported(&MODEL, true, most);
        let named = |name: &str| name.contains("token_embd") || name.contains("ffn_down");
        assert!(
            matches!(&refused, Err(ImportError::TooLarge { name, .. }) if named(name)),
            "{most}: {:?}",
            refused.err()
        );
    }
}
