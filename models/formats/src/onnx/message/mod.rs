//! The messages of a model, as far as they are read: `onnx.proto`'s ModelProto and what lies in it. Field numbers are that file's.

use super::OnnxError;
use super::wire::{Fields, Value};
use std::ops::Range;

/// Most nodes: as many as a program's graph holds.
const MOST_NODES: usize = 1 << 14;
/// Most constants, values and operator sets.
const MOST_VALUES: usize = 1 << 14;
/// Most inputs, outputs and attributes of a node.
const MOST_PARTS: usize = 64;
/// Most dimensions of a tensor.
const MOST_DIMS: usize = 8;
/// Most numbers of an attribute.
const MOST_NUMBERS: usize = 1 << 12;

/// A model.
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    /// Domain and version of each operator set; the default domain is empty.
    pub(super) opsets: Vec<(&'a str, u64)>,
    /// The graph.
    pub(super) graph: Option<Graph<'a>>,
}

/// A graph.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) initializers: Vec<Tensor<'a>>,
    pub(super) inputs: Vec<ValueInfo<'a>>,
    pub(super) outputs: Vec<ValueInfo<'a>>,
    /// Whether it has constants of a sparse form.
    pub(super) sparse: bool,
}

/// A node.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) name: &'a str,
    pub(super) operator: &'a str,
    pub(super) domain: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
}

/// An attribute: one of its values is what it is about.
#[derive(Debug, Default)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) kind: u64,
    pub(super) float: f32,
    pub(super) int: i64,
    pub(super) text: &'a [u8],
    pub(super) tensor: Option<Tensor<'a>>,
    pub(super) floats: Vec<f32>,
    pub(super) ints: Vec<i64>,
}

/// A constant.
#[derive(Debug, Default)]
pub(super) struct Tensor<'a> {
    pub(super) dims: Vec<i64>,
    pub(super) data_type: u64,
    pub(super) name: &'a str,
    /// Elements as little-endian bytes.
    pub(super) raw: Option<Range<usize>>,
    /// Elements as packed floats: each place in the file.
    pub(super) floats: Vec<Range<usize>>,
    /// Elements as integers.
    pub(super) ints: Vec<i64>,
    /// Whether the elements are in another file.
    pub(super) external: bool,
}

/// Name and type of a graph's input or output.
#[derive(Debug, Default)]
pub(super) struct ValueInfo<'a> {
    pub(super) name: &'a str,
    /// 0 if it isn't a dense tensor.
    pub(super) element: u64,
    /// None: the shape isn't told.
    pub(super) dims: Option<Vec<Dim>>,
}

/// A dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dim {
    /// A number.
    Known(i64),
    /// A name, or nothing.
    Open,
}

/// A message with the file that it lies in.
struct Message<'a> {
    name: &'static str,
    file: &'a [u8],
    fields: Fields<'a>,
}

impl<'a> Message<'a> {
    fn new(name: &'static str, file: &'a [u8], at: Range<usize>) -> Self {
        Message {
            name,
            file,
            fields: Fields::new(file, at),
        }
    }

    /// Calls `read` for each field.
    fn each(
        mut self,
        mut read: impl FnMut(&Self, u64, Value) -> Result<(), OnnxError>,
    ) -> Result<(), OnnxError> {
        while let Some((field, value)) = self.fields.next()? {
            read(&self, field, value)?;
        }
        Ok(())
    }

    fn wrong(&self, field: u64) -> OnnxError {
        let message = self.name;
        OnnxError::Field { message, field }
    }

    fn bytes(&self, field: u64, value: Value) -> Result<Range<usize>, OnnxError> {
        match value {
            Value::Bytes(at) => Ok(at),
            _ => Err(self.wrong(field)),
        }
    }

    fn text(&self, field: u64, value: Value) -> Result<&'a str, OnnxError> {
        let at = self.bytes(field, value)?;
        let start = at.start;
        std::str::from_utf8(&self.file[at]).map_err(|_| OnnxError::Utf8 { at: start })
    }

    fn number(&self, field: u64, value: Value) -> Result<u64, OnnxError> {
        match value {
            Value::Varint(number) => Ok(number),
            _ => Err(self.wrong(field)),
        }
    }

    fn float(&self, field: u64, value: Value) -> Result<f32, OnnxError> {
        match value {
            Value::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(self.wrong(field)),
        }
    }

    /// Adds integers, one or many in a row.
    fn ints(
        &self,
        field: u64,
        value: Value,
        (what, limit): (&'static str, usize),
        to: &mut Vec<i64>,
    ) -> Result<(), OnnxError> {
        match value {
            Value::Varint(number) => push(to, number as i64, what, limit),
            Value::Bytes(at) => {
                let mut fields = Fields::new(self.file, at);
                while !fields.is_empty() {
                    push(to, fields.varint()? as i64, what, limit)?;
                }
                Ok(())
            }
            _ => Err(self.wrong(field)),
        }
    }
}

/// Adds one more to a list with a limit.
fn push<T>(to: &mut Vec<T>, one: T, what: &'static str, limit: usize) -> Result<(), OnnxError> {
    if to.len() == limit {
        return Err(OnnxError::Limit { what, limit });
    }
    to.push(one);
    Ok(())
}

/// Reads a file.
pub(super) fn model(file: &[u8]) -> Result<Model<'_>, OnnxError> {
    let mut model = Model::default();
    Message::new("model", file, 0..file.len()).each(|message, field, value| {
        match field {
            7 => model.graph = Some(graph(file, message.bytes(field, value)?)?),
            8 => {
                let set = opset(file, message.bytes(field, value)?)?;
                push(&mut model.opsets, set, "operator sets", MOST_VALUES)?;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(model)
}

fn opset(file: &[u8], at: Range<usize>) -> Result<(&str, u64), OnnxError> {
    let mut set = ("", 0);
    Message::new("operator set", file, at).each(|message, field, value| {
        match field {
            1 => set.0 = message.text(field, value)?,
            2 => set.1 = message.number(field, value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(set)
}

fn graph(file: &[u8], at: Range<usize>) -> Result<Graph<'_>, OnnxError> {
    let mut graph = Graph::default();
    Message::new("graph", file, at).each(|message, field, value| {
        if !matches!(field, 1 | 5 | 11 | 12 | 15) {
            return Ok(());
        }
        let at = message.bytes(field, value)?;
        match field {
            1 => push(&mut graph.nodes, node(file, at)?, "nodes", MOST_NODES),
            5 => push(
                &mut graph.initializers,
                tensor(file, at)?,
                "constants",
                MOST_VALUES,
            ),
            11 => push(
                &mut graph.inputs,
                value_info(file, at)?,
                "inputs",
                MOST_VALUES,
            ),
            12 => push(
                &mut graph.outputs,
                value_info(file, at)?,
                "outputs",
                MOST_VALUES,
            ),
            _ => {
                graph.sparse = true;
                Ok(())
            }
        }
    })?;
    Ok(graph)
}

fn node(file: &[u8], at: Range<usize>) -> Result<Node<'_>, OnnxError> {
    let mut node = Node::default();
    Message::new("node", file, at).each(|message, field, value| {
        match field {
            1 => push(
                &mut node.inputs,
                message.text(field, value)?,
                "inputs of a node",
                MOST_PARTS,
            )?,
            2 => push(
                &mut node.outputs,
                message.text(field, value)?,
                "outputs of a node",
                MOST_PARTS,
            )?,
            3 => node.name = message.text(field, value)?,
            4 => node.operator = message.text(field, value)?,
            5 => {
                let attribute = attribute(file, message.bytes(field, value)?)?;
                push(
                    &mut node.attributes,
                    attribute,
                    "attributes of a node",
                    MOST_PARTS,
                )?;
            }
            7 => node.domain = message.text(field, value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(node)
}

fn attribute(file: &[u8], at: Range<usize>) -> Result<Attribute<'_>, OnnxError> {
    const NUMBERS: (&str, usize) = ("numbers of an attribute", MOST_NUMBERS);
    let mut attribute = Attribute::default();
    Message::new("attribute", file, at).each(|message, field, value| {
        match field {
            1 => attribute.name = message.text(field, value)?,
            2 => attribute.float = message.float(field, value)?,
            3 => attribute.int = message.number(field, value)? as i64,
            4 => attribute.text = &file[message.bytes(field, value)?],
            5 => attribute.tensor = Some(tensor(file, message.bytes(field, value)?)?),
            7 => match value {
                Value::Bytes(at) => {
                    let mut fields = Fields::new(file, at);
                    while !fields.is_empty() {
                        let float = f32::from_le_bytes(fields.array()?);
                        push(&mut attribute.floats, float, NUMBERS.0, NUMBERS.1)?;
                    }
                }
                value => {
                    let float = message.float(field, value)?;
                    push(&mut attribute.floats, float, NUMBERS.0, NUMBERS.1)?;
                }
            },
            8 => message.ints(field, value, NUMBERS, &mut attribute.ints)?,
            20 => attribute.kind = message.number(field, value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(attribute)
}

fn tensor(file: &[u8], at: Range<usize>) -> Result<Tensor<'_>, OnnxError> {
    let mut tensor = Tensor::default();
    Message::new("tensor", file, at).each(|message, field, value| {
        match field {
            1 => message.ints(
                field,
                value,
                ("dimensions of a tensor", MOST_DIMS),
                &mut tensor.dims,
            )?,
            2 => tensor.data_type = message.number(field, value)?,
            4 => match value {
                // Packed, as every writer does; a lone float is a row of one.
                Value::Bytes(at) => push(&mut tensor.floats, at, "rows of floats", MOST_VALUES)?,
                _ => return Err(message.wrong(field)),
            },
            7 => message.ints(
                field,
                value,
                ("integers of a tensor", MOST_NUMBERS),
                &mut tensor.ints,
            )?,
            8 => tensor.name = message.text(field, value)?,
            9 => tensor.raw = Some(message.bytes(field, value)?),
            13 => tensor.external = true,
            14 => tensor.external |= message.number(field, value)? != 0,
            _ => {}
        }
        Ok(())
    })?;
    Ok(tensor)
}

fn value_info(file: &[u8], at: Range<usize>) -> Result<ValueInfo<'_>, OnnxError> {
    let mut info = ValueInfo::default();
    Message::new("value", file, at).each(|message, field, value| {
        match field {
            1 => info.name = message.text(field, value)?,
            2 => Message::new("type", file, message.bytes(field, value)?).each(
                |message, field, value| match field {
                    1 => tensor_type(file, message.bytes(field, value)?, &mut info),
                    _ => Ok(()),
                },
            )?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(info)
}

fn tensor_type<'a>(
    file: &'a [u8],
    at: Range<usize>,
    info: &mut ValueInfo<'a>,
) -> Result<(), OnnxError> {
    Message::new("tensor type", file, at).each(|message, field, value| {
        match field {
            1 => info.element = message.number(field, value)?,
            2 => {
                let mut dims = Vec::new();
                Message::new("shape", file, message.bytes(field, value)?).each(
                    |message, field, value| match field {
                        1 => {
                            let dim = dim(file, message.bytes(field, value)?)?;
                            push(&mut dims, dim, "dimensions of a value", MOST_DIMS)
                        }
                        _ => Ok(()),
                    },
                )?;
                info.dims = Some(dims);
            }
            _ => {}
        }
        Ok(())
    })
}

fn dim(file: &[u8], at: Range<usize>) -> Result<Dim, OnnxError> {
    let mut dim = Dim::Open;
    Message::new("dimension", file, at).each(|message, field, value| {
        if field == 1 {
            dim = Dim::Known(message.number(field, value)? as i64);
        }
        Ok(())
    })?;
    Ok(dim)
}
