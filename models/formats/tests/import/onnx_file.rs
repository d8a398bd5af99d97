//! Writes ONNX files with whatever is asked for: an independent writer of the wire format, so that a reader's mistake isn't the writer's too.

use crate::builder::image;
use gavel_formats::{ImportError, Limits, ModelFile, import};
use gavel_program::Program;

/// A message's bytes.
pub(crate) type Message = Vec<u8>;

fn varint(mut value: u64, out: &mut Message) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field with an integer.
pub(crate) fn int(number: u64, value: i64) -> Message {
    let mut out = Vec::new();
    varint(number << 3, &mut out);
    varint(value as u64, &mut out);
    out
}

/// A field with bytes: text, a message, numbers in a row.
pub(crate) fn bytes(number: u64, content: &[u8]) -> Message {
    let mut out = Vec::new();
    varint(number << 3 | 2, &mut out);
    varint(content.len() as u64, &mut out);
    [out, content.to_vec()].concat()
}

/// A float tensor with its name.
pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 1, &raw)
}

/// A tensor of an element type.
pub(crate) fn tensor(name: &str, dims: &[i64], kind: i64, raw: &[u8]) -> Message {
    let dims: Vec<Message> = dims.iter().map(|dim| int(1, *dim)).collect();
    [
        dims.concat(),
        int(2, kind),
        bytes(8, name.as_bytes()),
        bytes(9, raw),
    ]
    .concat()
}

/// An attribute that is an integer.
pub(crate) fn int_attribute(name: &str, value: i64) -> Message {
    [bytes(1, name.as_bytes()), int(3, value), int(20, 2)].concat()
}

/// An attribute that is a row of integers.
pub(crate) fn ints_attribute(name: &str, values: &[i64]) -> Message {
    let values: Vec<Message> = values.iter().map(|value| int(8, *value)).collect();
    [bytes(1, name.as_bytes()), values.concat(), int(20, 7)].concat()
}

/// A node.
pub(crate) fn node(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Message],
) -> Message {
    let texts = |number, texts: &[&str]| -> Message {
        let texts: Vec<Message> = texts
            .iter()
            .map(|text| bytes(number, text.as_bytes()))
            .collect();
        texts.concat()
    };
    let attributes: Vec<Message> = attributes.iter().map(|one| bytes(5, one)).collect();
    [
        texts(1, inputs),
        texts(2, outputs),
        bytes(4, operator.as_bytes()),
        attributes.concat(),
    ]
    .concat()
}

/// A value's name and type; a dimension of -1 has a name.
pub(crate) fn value(name: &str, element: i64, dims: &[i64]) -> Message {
    let dim = |dim: &i64| match dim {
        -1 => bytes(1, &bytes(2, b"n")),
        dim => bytes(1, &int(1, *dim)),
    };
    let dims: Vec<Message> = dims.iter().map(dim).collect();
    let tensor = [int(1, element), bytes(2, &dims.concat())].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
}

/// A file to be.
#[derive(Clone)]
pub(crate) struct Onnx {
    pub(crate) opset: i64,
    pub(crate) nodes: Vec<Message>,
    pub(crate) constants: Vec<Message>,
    pub(crate) inputs: Vec<Message>,
    pub(crate) outputs: Vec<Message>,
    /// Further fields of the graph.
    pub(crate) more: Message,
}

impl Onnx {
    /// `x` of 4 numbers, times a matrix of 3 rows, plus a bias, above zero: `y`.
    pub(crate) fn dense() -> Self {
        let weights: Vec<f32> = (0..12).map(|at| at as f32 / 8.0 - 0.75).collect();
        Onnx {
            opset: 13,
            nodes: vec![
                node(
                    "Gemm",
                    &["x", "w", "b"],
                    &["h"],
                    &[int_attribute("transB", 1)],
                ),
                node("Relu", &["h"], &["y"], &[]),
            ],
            constants: vec![
                floats("w", &[3, 4], &weights),
                floats("b", &[3], &[0.5, -0.5, 0.0]),
            ],
            inputs: vec![value("x", 1, &[-1, 4])],
            outputs: vec![value("y", 1, &[-1, 3])],
            more: Vec::new(),
        }
    }

    /// An image of 2 channels, 5 rows and 6 columns through one node that reads `x` and `constants` and gives `y`.
    pub(crate) fn image(
        operator: &str,
        constants: &[(&[i64], usize)],
        attributes: &[Message],
    ) -> Self {
        let names: Vec<String> = (0..constants.len()).map(|at| format!("c{at}")).collect();
        let tensors = names.iter().zip(constants);
        let inputs: Vec<&str> = ["x"]
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        Onnx {
            nodes: vec![node(operator, &inputs, &["y"], attributes)],
            constants: tensors
                .map(|(name, (dims, len))| floats(name, dims, &vec![0.5; *len]))
                .collect(),
            inputs: vec![value("x", 1, &[1, 2, 5, 6])],
            ..Onnx::dense()
        }
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Message {
        let all = |number, messages: &[Message]| -> Message {
            let messages: Vec<Message> = messages.iter().map(|one| bytes(number, one)).collect();
            messages.concat()
        };
        let graph = [
            all(1, &self.nodes),
            bytes(2, b"graph"),
            all(5, &self.constants),
            all(11, &self.inputs),
            all(12, &self.outputs),
            self.more.clone(),
        ]
        .concat();
        let opset = bytes(8, &[bytes(1, b""), int(2, self.opset)].concat());
        [int(1, 8), bytes(2, b"test"), bytes(7, &graph), opset].concat()
    }

    /// What the importer makes of it.
    pub(crate) fn import(&self) -> Result<Program, ImportError> {
        import_bytes(&self.bytes())
    }
}

/// What the importer makes of bytes.
pub(crate) fn import_bytes(bytes: &[u8]) -> Result<Program, ImportError> {
    import(&ModelFile::from_bytes(bytes), &Limits::default(), image())
}
