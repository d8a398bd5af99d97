//! The numbers that imported planes stand for, against those of the PyPI package `gguf` for the same blocks.

use crate::builder::Builder;
use gavel_formats::gguf::TensorType;
use gavel_kernels::{run_range, shape};
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::Embed;
use gavel_program::{Control, Node, Op, Operand, Program, WeightFormat};

/// Made by `vectors/make_dequantized.py`.
const VECTORS: &[u8] = include_bytes!("vectors/dequantized.bin");
/// Numbers of each type.
const NUMBERS: usize = 1024;
/// Columns of the matrix that the blocks are put in: a super-block.
const COLUMNS: usize = 256;
/// Its rows, more than the blocks fill.
const ROWS: usize = 32;
/// Its name.
const MATRIX: &str = "blk.0.ffn_down.weight";

/// Random blocks of a type, and their numbers' bits.
struct Vector {
    kind: TensorType,
    blocks: Vec<u8>,
    numbers: Vec<u32>,
}

fn vectors() -> Vec<Vector> {
    let mut rest = VECTORS;
    let mut take = |len: usize| {
        let (taken, left) = rest.split_at(len);
        rest = left;
        taken
    };
    let words = |bytes: &[u8]| -> Vec<u32> {
        let (words, _) = bytes.as_chunks::<4>();
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    };
    let mut vectors = Vec::new();
    for _ in 0..TensorType::ALL.len() - 2 {
        let head = words(take(8));
        vectors.push(Vector {
            kind: TensorType::from_code(head[0]).expect("the type is read"),
            blocks: take(head[1] as usize).to_vec(),
            numbers: words(take(NUMBERS * 4)),
        });
    }
    assert!(rest.is_empty(), "all types of the file are checked");
    vectors
}

/// A Llama whose last matrix starts with these blocks.
fn program(vector: &Vector) -> Program {
    let mut file = Builder::llama().with(
        "llama.feed_forward_length",
        crate::builder::Value::U32(COLUMNS as u32),
    );
    for (name, dims, kind, bytes) in &mut file.tensors {
        if name == "blk.0.ffn_gate.weight" || name == "blk.0.ffn_up.weight" {
            *dims = vec![32, COLUMNS as u64];
            *bytes = vec![1; COLUMNS * 34];
        } else if name == MATRIX {
            *dims = vec![COLUMNS as u64, ROWS as u64];
            *kind = vector.kind.code();
            *bytes = vector.blocks.repeat(ROWS * COLUMNS / NUMBERS);
        }
    }
    file.import().expect("it is supported")
}

/// The numbers of a row, as the embedding operator reads them.
fn row(planes: &[&[u32]], format: WeightFormat, row: u32) -> Vec<u32> {
    let op = Op::Embed(Embed {
        dim: COLUMNS as u32,
        vocab: ROWS as u32,
        tokens_capacity: 1,
        format,
        before: 0,
        after: 0,
    });
    let tokens = [row];
    let inputs: Vec<&[u32]> = [&tokens[..]].iter().chain(planes).copied().collect();
    let operands = vec![Operand::Slot(0); inputs.len()];
    let control = Control::decode(&[0; CONTROL_WORDS]);
    let node = Node::new(op, 1, &operands, 0);
    assert!(shape::in_domain(&node));
    let mut out = vec![0; COLUMNS];
    run_range(&node, &control, &inputs, 0..COLUMNS, &mut out, &mut []);
    out
}

#[test]
fn planes_stand_for_the_numbers_of_their_blocks() {
    for vector in vectors() {
        let program = program(&vector);
        let format = program
            .nodes
            .iter()
            .find_map(|node| match node.op {
                Op::Linear(p) if p.cols == COLUMNS as u32 => Some(p.format),
                _ => None,
            })
            .expect("a Llama multiplies by that matrix");
        let planes: Vec<&[u32]> = program
            .weights
            .iter()
            .filter(|weight| weight.name.starts_with(MATRIX))
            .map(|weight| (*weight.words).as_ref())
            .collect();
        for (at, expected) in vector.numbers.chunks_exact(COLUMNS).enumerate() {
            let got = row(&planes, format, at as u32);
            assert_eq!(got, expected, "{:?}, row {at}", vector.kind);
        }
    }
}
