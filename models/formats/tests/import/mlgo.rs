//! opML's files of dense networks.

use crate::onnx_file::import_bytes;
use gavel_formats::{ImportError, MlgoError};
use gavel_program::Program;

/// A tensor: dimensions with the contiguous one first, and as many elements.
fn tensor(dims: &[i32]) -> Vec<u8> {
    let count = [dims.len() as i32];
    let numbers = count
        .iter()
        .chain(dims)
        .flat_map(|number| number.to_le_bytes());
    let elements = (0..dims.iter().product::<i32>()).map(|at| at as f32 / 16.0);
    numbers.chain(elements.flat_map(f32::to_le_bytes)).collect()
}

fn file(tensors: &[&[i32]]) -> Vec<u8> {
    let tensors: Vec<u8> = tensors.iter().flat_map(|dims| tensor(dims)).collect();
    [b"lmgg".to_vec(), tensors].concat()
}

const GOOD: [&[i32]; 4] = [&[5, 3], &[3], &[3, 2], &[2]];

fn imported(bytes: &[u8]) -> Result<Program, MlgoError> {
    match import_bytes(bytes) {
        Ok(program) => Ok(program),
        Err(ImportError::Mlgo(error)) => Err(error),
        Err(other) => panic!("another error: {other}"),
    }
}

#[test]
fn layers_have_a_relu_between_them() {
    let program = imported(&file(&GOOD)).expect("it is supported");
    let names: Vec<&str> = program.nodes.iter().map(|node| node.op.name()).collect();
    let expected = [
        "InputScale",
        "Linear",
        "Add",
        "Relu",
        "Linear",
        "Add",
        "Reply",
        "Finish",
    ];
    assert_eq!(names, expected);
    assert_eq!(program.header.max_prompt_bytes, 5);
    assert_eq!(program.header.max_output_bytes, 12);
    let bias = (*program.weights[3].words).as_ref();
    assert_eq!(bias, [0.0f32, 0.0625].map(f32::to_bits));
}

#[test]
fn a_file_cut_anywhere_but_after_a_layer_is_refused() {
    let whole = file(&GOOD);
    let first = file(&GOOD[..2]).len();
    for len in 4..whole.len() {
        assert_eq!(
            imported(&whole[..len]).is_ok(),
            len == first,
            "cut to {len}"
        );
    }
}

#[test]
fn shapes_that_do_not_follow_are_refused() {
    let shape = |tensors: &[&[i32]], at: usize| {
        let error = imported(&file(tensors)).err();
        assert!(
            matches!(error, Some(MlgoError::Shape { tensor, .. }) if tensor == at),
            "{tensors:?}: {error:?}"
        );
    };
    shape(&[&[5, 3], &[2]], 1);
    shape(&[&[5, 3], &[3, 1]], 1);
    shape(&[&[5], &[3]], 0);
    shape(&[&[5, 3], &[3], &[4, 2], &[2]], 2);
    shape(&[&[5, 0], &[1]], 0);
    shape(&[&[1, 1, 1], &[1]], 0);
    let count = imported(&file(&GOOD[..3])).err();
    assert!(
        matches!(count, Some(MlgoError::Count { got: 3 })),
        "{count:?}"
    );
    let none = imported(b"lmgg").err();
    assert!(
        matches!(none, Some(MlgoError::Count { got: 0 })),
        "{none:?}"
    );
}

#[test]
fn sizes_are_not_believed() {
    let mut huge = b"lmgg".to_vec();
    huge.extend([2, 1 << 19, 1 << 19].map(i32::to_le_bytes).as_flattened());
    let error = imported(&huge).err();
    let needed = 4 << 38;
    assert!(
        matches!(error, Some(MlgoError::Truncated { needed: got, .. }) if got == needed),
        "{error:?}"
    );
}
