//! ONNX files: what they become, and by which words they are refused.

use crate::onnx_file::{
    Message, Onnx, bytes, floats, import_bytes, int, int_attribute, ints_attribute, node, tensor,
    value,
};
use gavel_formats::{ImportError, OnnxError};
use gavel_program::Op;

/// Why a file is refused.
#[track_caller]
fn refused(file: &Onnx) -> OnnxError {
    match file.import() {
        Err(ImportError::Onnx(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it was imported"),
    }
}

/// Checks that a refusal tells all of these.
#[track_caller]
fn tells(file: &Onnx, words: &[&str]) {
    let error = refused(file).to_string();
    for word in words {
        assert!(error.contains(word), "{error:?} doesn't tell {word:?}");
    }
}

fn names(file: &Onnx) -> Vec<&'static str> {
    let program = file.import().expect("it is supported");
    program.nodes.iter().map(|node| node.op.name()).collect()
}

#[test]
fn a_dense_network_is_a_program_of_one_step() {
    let program = Onnx::dense().import().expect("it is supported");
    let names: Vec<&str> = program.nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(
        names,
        ["InputScale", "Linear", "Add", "Relu", "Reply", "Finish"]
    );
    let header = &program.header;
    assert_eq!((header.max_prompt_bytes, header.max_output_bytes), (4, 16));
    assert_eq!((header.context, header.step_depth), (1, 2));
    let Op::Finish(reply) = program.nodes[5].op else {
        panic!("it ends the request");
    };
    assert_eq!(
        (reply.len, reply.least, reply.most, reply.class),
        (3, 4, 4, true)
    );
    let words = |weight: usize| (*program.weights[weight].words).as_ref().to_vec();
    assert_eq!(words(1), [0.5f32, -0.5, 0.0].map(f32::to_bits));
}

#[test]
fn shapes_and_names_leave_no_nodes() {
    let mut file = Onnx::image("Flatten", &[], &[]);
    file.nodes.push(node("Identity", &["y"], &["z"], &[]));
    file.nodes
        .push(node("Dropout", &["z"], &["a", "mask"], &[]));
    file.outputs = vec![value("a", 1, &[1, 60])];
    assert_eq!(names(&file), ["InputScale", "Reply", "Finish"]);
}

#[test]
fn a_weight_that_many_nodes_read_is_one() {
    let mut file = Onnx::dense();
    file.constants[0] = floats("w", &[4, 4], &[0.25; 16]);
    file.constants[1] = floats("b", &[4], &[0.5; 4]);
    let by_rows = || [int_attribute("transB", 1)];
    file.nodes = vec![
        node("Gemm", &["x", "w", "b"], &["h"], &by_rows()),
        node("Gemm", &["h", "w", "b"], &["y"], &by_rows()),
    ];
    assert_eq!(file.import().expect("it is supported").weights.len(), 2);
}

#[test]
fn operators_are_refused_by_name_with_those_that_are_supported() {
    let mut file = Onnx::dense();
    file.nodes[1] = node("LSTM", &["h"], &["y"], &[]);
    tells(&file, &["LSTM", "Conv", "Gemm", "Transpose"]);
    let foreign = bytes(7, b"com.example");
    file.nodes[1] = [node("Relu", &["h"], &["y"], &[]), foreign].concat();
    tells(&file, &["com.example.Relu"]);
}

#[test]
fn attributes_are_refused_by_name() {
    let mut file = Onnx::dense();
    file.nodes[1] = node("Relu", &["h"], &["y"], &[int_attribute("slope", 1)]);
    tells(&file, &["slope", "Relu", "none"]);
    let file = Onnx::image(
        "GlobalAveragePool",
        &[],
        &[ints_attribute("strides", &[1, 1])],
    );
    tells(&file, &["strides", "GlobalAveragePool"]);
    let pool = |attributes: &[Message]| Onnx::image("MaxPool", &[], attributes);
    let kernel = || ints_attribute("kernel_shape", &[2, 2]);
    tells(&pool(&[]), &["kernel_shape"]);
    tells(
        &pool(&[ints_attribute("kernel_shape", &[2])]),
        &["kernel_shape", "two numbers"],
    );
    tells(
        &pool(&[ints_attribute("kernel_shape", &[7, 1])]),
        &["reaches over"],
    );
    tells(
        &pool(&[kernel(), ints_attribute("dilations", &[2, 1])]),
        &["dilations"],
    );
    tells(
        &pool(&[kernel(), ints_attribute("strides", &[0, 1])]),
        &["strides"],
    );
    tells(
        &pool(&[kernel(), ints_attribute("pads", &[0, 0, -1, 0])]),
        &["pads"],
    );
    tells(
        &pool(&[kernel(), int_attribute("strides", 1)]),
        &["strides of type"],
    );
    let uneven = ints_attribute("strides", &[2, 2]);
    tells(
        &pool(&[kernel(), uneven, int_attribute("ceil_mode", 1)]),
        &["ceil_mode"],
    );
    let even = ints_attribute("strides", &[3, 4]);
    assert!(
        pool(&[kernel(), even, int_attribute("ceil_mode", 1)])
            .import()
            .is_ok()
    );
}

#[test]
fn weights_have_the_shapes_that_their_inputs_want() {
    let conv = |dims: &[i64], len| Onnx::image("Conv", &[(dims, len)], &[]);
    assert!(conv(&[3, 2, 2, 2], 24).import().is_ok());
    for (dims, len) in [
        (&[3, 1, 2, 2][..], 12),
        (&[0, 2, 2, 2], 0),
        (&[3, 2, 2], 12),
        (&[3, 2, 6, 2], 72),
    ] {
        assert!(conv(dims, len).import().is_err(), "{dims:?}");
    }
    tells(
        &conv(&[3, 1, 2, 2], 12),
        &["weights of shape", "[3, 1, 2, 2]"],
    );
    let mut file = Onnx::dense();
    file.constants[0] = floats("w", &[4, 3], &[0.0; 12]);
    tells(&file, &["weights of shape", "(rows, 4)"]);
    file = Onnx::dense();
    file.constants[1] = floats("b", &[2], &[0.0; 2]);
    tells(&file, &["bias of shape", "[2]"]);
    tells(
        &Onnx::image("Add", &[(&[5], 5)], &[]),
        &["inputs of shapes"],
    );
    tells(
        &Onnx::image("Transpose", &[], &[]),
        &["perm", "leaves the elements"],
    );
}

#[test]
fn tensors_are_whole_and_of_known_types() {
    let with = |constant: Message| {
        let mut file = Onnx::dense();
        file.constants[1] = constant;
        file
    };
    tells(
        &with(tensor("b", &[3], 10, &[0; 6])),
        &["element type", "10"],
    );
    tells(
        &with(tensor("b", &[3], 1, &[0; 11])),
        &["number of elements", "[3]"],
    );
    tells(
        &with(tensor("b", &[-3], 1, &[0; 12])),
        &["dimensions", "-3"],
    );
    tells(
        &with(tensor("b", &[1 << 31, 1 << 31, 4], 1, &[])),
        &["2^26"],
    );
    tells(&with(tensor("b", &[3], 7, &[0; 24])), &["integers"]);
    tells(
        &with([tensor("b", &[3], 1, &[0; 12]), int(14, 1)].concat()),
        &["another file"],
    );
    // The same numbers in the other place that the format has for them.
    let row: Vec<u8> = [0.5f32, -0.5, 0.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let packed = [int(1, 3), int(2, 1), bytes(8, b"b"), bytes(4, &row)].concat();
    let id = |file: &Onnx| file.import().expect("it is supported").id;
    assert_eq!(id(&with(packed)), id(&Onnx::dense()));
}

#[test]
fn a_graph_has_one_open_input_and_one_output() {
    let mut file = Onnx::dense();
    // Old files name their constants among the inputs.
    file.inputs.push(value("w", 1, &[3, 4]));
    assert!(file.import().is_ok());
    file.inputs.push(value("z", 1, &[1]));
    tells(&file, &["inputs 2"]);
    file.inputs.clear();
    tells(&file, &["no input"]);
    for (element, dims) in [
        (10, &[1, 4][..]),
        (1, &[2, 4]),
        (1, &[-1, -1]),
        (1, &[]),
        (1, &[1, 0]),
    ] {
        file.inputs = vec![value("x", element, dims)];
        tells(&file, &["the input \"x\"", "expected"]);
    }
    let mut file = Onnx::dense();
    file.outputs.push(value("h", 1, &[]));
    tells(&file, &["outputs 2"]);
    file.outputs = vec![value("b", 1, &[])];
    tells(&file, &["constant"]);
    file.outputs = vec![value("elsewhere", 1, &[])];
    tells(&file, &["elsewhere"]);
    let mut file = Onnx::dense();
    file.nodes.swap(0, 1);
    tells(&file, &["\"h\"", "before"]);
    let mut file = Onnx::dense();
    file.more = bytes(15, &[]);
    tells(&file, &["sparse"]);
    for opset in [6, 26] {
        let file = Onnx {
            opset,
            ..Onnx::dense()
        };
        tells(&file, &["operator set", "7 to 25"]);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_another_program() {
    let whole = Onnx::dense().bytes();
    let id = import_bytes(&whole).expect("it is supported").id;
    for len in 0..whole.len() {
        let cut = import_bytes(&whole[..len]);
        assert!(
            cut.is_err() || cut.is_ok_and(|program| program.id != id),
            "cut to {len}"
        );
    }
}

#[test]
fn a_prompt_holds_the_input_and_an_answer_the_output() {
    let mut file = Onnx::image("Relu", &[], &[]);
    file.inputs = vec![value("x", 1, &[1, 3, 224, 224])];
    let error = file.import().err();
    assert!(
        matches!(error, Some(ImportError::Value { .. })),
        "{error:?}"
    );
}
