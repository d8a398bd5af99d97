//! What comes out of files that are supported.

use crate::builder::{Builder, Value, import_bytes};
use gavel_formats::{ImportError, Limits, ModelFile, import};
use gavel_primitives::root_of_bytes;
use gavel_program::{DType, Op};

/// The bytes of a weight.
fn bytes(program: &gavel_program::Program, name: &str) -> Vec<u8> {
    let weight = program
        .weights
        .iter()
        .find(|weight| weight.name == name)
        .unwrap_or_else(|| panic!("there is a weight {name}"));
    let words: &[u32] = (*weight.words).as_ref();
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn the_smallest_llama_becomes_a_program() {
    let program = Builder::llama().import().expect("it is supported");
    let header = &program.header;
    assert_eq!(program.id, header.id());
    assert_eq!(
        (header.context, header.step_depth),
        (16, 5),
        "2^5 >= 2 + 16"
    );
    assert_eq!(header.node_count, 2 + 1 + 19 + 5 + 4);
    assert_eq!(header.node_depth, 5);
    assert_eq!(header.persistent_count, 4 + 2);
    assert_eq!(
        (header.max_prompt_bytes, header.max_output_bytes),
        (256, 256)
    );
    let names: Vec<&str> = program.nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(
        &names[..4],
        ["TokenizeIds", "TokenizeCount", "Embed", "RmsNorm"]
    );
    assert_eq!(names.last(), Some(&"Advance"));
}

#[test]
fn quantized_blocks_become_planes() {
    let mut file = Builder::llama();
    // Two blocks: scales 0x3c00 and 0x4000, quants 0..32 and 100..132 as bytes.
    let block = |scale: [u8; 2], first: u8| {
        [&scale[..], &(first..first + 32).collect::<Vec<u8>>()].concat()
    };
    let rows = [block([0, 0x3c], 0), block([0, 0x40], 100)].concat();
    file.tensors[0].3[..68].copy_from_slice(&rows);
    let program = file.import().expect("it is supported");
    let quants = bytes(&program, "token_embd.weight.quants");
    assert_eq!(quants[..32], (0..32).collect::<Vec<u8>>());
    assert_eq!(quants[32..64], (100..132).collect::<Vec<u8>>());
    assert_eq!(
        bytes(&program, "token_embd.weight.scales")[..4],
        [0, 0x3c, 0, 0x40]
    );
}

#[test]
fn roots_are_those_of_the_bytes() {
    let program = Builder::llama().import().expect("it is supported");
    for weight in &program.weights {
        let bytes = bytes(&program, &weight.name);
        assert_eq!(
            weight.info.root,
            root_of_bytes(&bytes, weight.info.depth),
            "{}",
            weight.name
        );
    }
}

#[test]
fn a_missing_output_matrix_shares_the_embedding() {
    let tied = Builder::llama().import().expect("it is supported");
    let mut file = Builder::llama();
    let (_, dims, kind, bytes) = file.tensors[0].clone();
    file.tensors
        .push(("output.weight".into(), dims, kind, bytes));
    let untied = file.import().expect("it is supported");
    assert_eq!(untied.weights.len(), tied.weights.len() + 2);
    let head = |program: &gavel_program::Program| {
        let heads = |op: &Op| matches!(op, Op::Linear(p) if p.rows == 5);
        program
            .nodes
            .iter()
            .find(|node| heads(&node.op))
            .expect("there is a head")
            .inputs()
            .to_vec()
    };
    assert_eq!(head(&tied)[1..], tied.nodes[2].inputs()[1..]);
    assert_ne!(head(&untied)[1..], untied.nodes[2].inputs()[1..]);
}

#[test]
fn matrices_of_types_with_blocks_of_32_are_read() {
    for (kind, bytes, dtypes) in [
        (0, 128, vec![DType::F32]),
        (1, 64, vec![DType::F16]),
        (2, 18, vec![DType::U4, DType::F16]),
        (3, 20, vec![DType::U4, DType::F16, DType::F16]),
        (6, 22, vec![DType::U4, DType::U1, DType::F16]),
        (7, 24, vec![DType::U4, DType::U1, DType::F16, DType::F16]),
        (20, 18, vec![DType::U4, DType::F16]),
        (30, 64, vec![DType::BF16]),
        (8, 34, vec![DType::I8, DType::F16]),
    ] {
        let mut file = Builder::llama();
        let tensor = &mut file.tensors[4];
        (tensor.2, tensor.3) = (kind, vec![0; 32 * bytes]);
        let program = file.import().expect("it is supported");
        let planes: Vec<DType> = program
            .weights
            .iter()
            .filter(|weight| weight.name.starts_with("blk.0.attn_q.weight"))
            .map(|weight| weight.info.dtype)
            .collect();
        assert_eq!(planes, dtypes, "type {kind}");
    }
}

#[test]
fn version_2_is_read_and_others_are_not() {
    let mut bytes = Builder::llama().bytes();
    let id = import_bytes(&bytes).expect("it is supported").id;
    bytes[4] = 2;
    assert_eq!(import_bytes(&bytes).expect("it is supported").id, id);
}

#[test]
fn limits_are_part_of_the_program() {
    let file = ModelFile::from_bytes(&Builder::llama().bytes());
    let import = |limits: &Limits| import(&file, limits, crate::builder::image());
    let small = Limits {
        max_context: 8,
        ..Limits::default()
    };
    let (full, small) = (import(&Limits::default()), import(&small));
    let (full, small) = (
        full.expect("it is supported"),
        small.expect("it is supported"),
    );
    assert_eq!(small.header.context, 8);
    assert_ne!(small.id, full.id);
}

#[test]
fn two_imports_agree() {
    let file = Builder::llama();
    let id = || file.import().expect("it is supported").id;
    assert_eq!(id(), id());
    let other = file.clone().with("llama.rope.freq_base", Value::F32(5e5));
    assert_ne!(other.import().expect("it is supported").id, id());
}

#[test]
fn a_real_file_is_imported() {
    let Some(path) = gavel_fixtures::model("llama/stories260K-Q4_0.gguf") else {
        return;
    };
    let file = ModelFile::open(&path).expect("the file was found");
    let program = import(&file, &Limits::default(), crate::builder::image());
    let program = program.unwrap_or_else(|error: ImportError| panic!("{error}"));
    assert_eq!(program.header.node_count, 2 + 1 + 5 * 19 + 5 + 4);
    assert_eq!(
        (program.header.node_depth, program.header.slot_depth),
        (7, 4)
    );
}
