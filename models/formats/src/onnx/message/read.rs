//! From a file's bytes to messages, each list within its limit.

use super::super::OnnxError;
use super::super::wire::{Fields, Value};
use super::fields::{Message, push};
use super::{Attribute, Dim, Graph, Model, Node, Tensor, ValueInfo};
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

/// Reads a file.
pub(in super::super) fn model(file: &[u8]) -> Result<Model<'_>, OnnxError> {
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
