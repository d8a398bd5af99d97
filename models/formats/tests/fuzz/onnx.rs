//! Changes to ONNX files: to fields of messages, whose lengths are made right again, and to bytes wherever they fall.

use crate::mutate::{Draw, anywhere, number, text};

/// Messages, as far as their fields are told apart here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    Dim,
}

/// What lies in a field of a message, if it is a message itself.
fn inner(kind: Kind, field: u64) -> Option<Kind> {
    Some(match (kind, field) {
        (Kind::Model, 7) => Kind::Graph,
        (Kind::Graph, 1) => Kind::Node,
        (Kind::Graph, 5) | (Kind::Attribute, 5) => Kind::Tensor,
        (Kind::Graph, 11 | 12) => Kind::Value,
        (Kind::Node, 5) => Kind::Attribute,
        (Kind::Value, 2) => Kind::Type,
        (Kind::Type, 1) => Kind::TensorType,
        (Kind::TensorType, 2) => Kind::Shape,
        (Kind::Shape, 1) => Kind::Dim,
        _ => return None,
    })
}

#[derive(Clone)]
enum Content {
    Varint(u64),
    Fixed(Vec<u8>),
    Bytes(Vec<u8>),
    Message(Kind, Vec<Field>),
}

#[derive(Clone)]
struct Field {
    number: u64,
    content: Content,
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

fn fields(kind: Kind, mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes)?;
        let number = key >> 3;
        let content = match key & 7 {
            0 => Content::Varint(take_varint(&mut bytes)?),
            1 => Content::Fixed(take(&mut bytes, 8)?.to_vec()),
            5 => Content::Fixed(take(&mut bytes, 4)?.to_vec()),
            2 => {
                let len = usize::try_from(take_varint(&mut bytes)?).ok()?;
                let content = take(&mut bytes, len)?;
                let message =
                    inner(kind, number).and_then(|kind| Some((kind, self::fields(kind, content)?)));
                match message {
                    Some((kind, fields)) => Content::Message(kind, fields),
                    None => Content::Bytes(content.to_vec()),
                }
            }
            _ => return None,
        };
        fields.push(Field { number, content });
    }
    Some(fields)
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn encode(fields: &[Field], out: &mut Vec<u8>) {
    for Field { number, content } in fields {
        let key = |wire: u64| number << 3 | wire;
        let bytes = |content: &[u8], out: &mut Vec<u8>| {
            put_varint(key(2), out);
            put_varint(content.len() as u64, out);
            out.extend(content);
        };
        match content {
            Content::Varint(value) => {
                put_varint(key(0), out);
                put_varint(*value, out);
            }
            Content::Fixed(content) => {
                put_varint(key(if content.len() == 8 { 1 } else { 5 }), out);
                out.extend(content);
            }
            Content::Bytes(content) => bytes(content, out),
            Content::Message(_, fields) => {
                let mut inner = Vec::new();
                encode(fields, &mut inner);
                bytes(&inner, out);
            }
        }
    }
}

/// The graphs that the engine's tests hold against another implementation: every operator is in them.
pub(crate) fn whole() -> Vec<Vec<u8>> {
    let cases = include_str!("../../../engine/tests/models/onnx/cases.json");
    let models = cases.split("\"model\": \"").skip(1);
    let hex = models.map(|rest| rest.split('"').next().expect("a split gives a part"));
    hex.map(|hex| {
        let digits = hex.as_bytes().as_chunks::<2>().0;
        let byte = |pair: &[u8; 2]| {
            let text = str::from_utf8(pair).expect("the file is ASCII");
            u8::from_str_radix(text, 16).expect("the file has hexadecimal digits")
        };
        digits.iter().map(byte).collect()
    })
    .collect()
}

/// A changed file; `other` lends its nodes, constants and attributes.
pub(crate) fn mutant(file: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    let Some(mut model) = fields(Kind::Model, file) else {
        let mut changed = file.to_vec();
        anywhere(&mut changed, draw);
        return changed;
    };
    let lent = fields(Kind::Model, other).unwrap_or_default();
    for _ in 0..1 + draw.below(4) {
        step_in(&mut model, &lent, Kind::Model, draw);
    }
    let mut changed = Vec::new();
    encode(&model, &mut changed);
    if draw.below(12) == 0 {
        anywhere(&mut changed, draw);
    }
    changed
}

/// Goes down to some field, and changes it.
fn step_in(fields: &mut Vec<Field>, lent: &[Field], kind: Kind, draw: &mut Draw) {
    if fields.is_empty() {
        fields.extend(of_kind(lent, kind).cloned());
        return;
    }
    let at = draw.below(fields.len());
    if let Content::Message(kind, inner) = &mut fields[at].content
        && draw.below(6) != 0
    {
        return step_in(inner, lent, *kind, draw);
    }
    match draw.below(8) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, fields[at].clone()),
        2 => {
            let other = draw.below(fields.len());
            fields.swap(at, other);
        }
        3 => {
            let parts: Vec<&Field> = of_kind(lent, kind).collect();
            if let Some(part) = draw.of(&parts) {
                fields.insert(at, (*part).clone());
            }
        }
        4 => {
            let other = draw.below(fields.len());
            fields[at].content = fields[other].content.clone();
        }
        _ => change(&mut fields[at].content, draw),
    }
}

/// All fields of messages of a kind, wherever they lie.
fn of_kind(fields: &[Field], kind: Kind) -> Box<dyn Iterator<Item = &Field> + '_> {
    Box::new(fields.iter().flat_map(move |field| match &field.content {
        Content::Message(here, inner) if *here == kind => {
            Box::new(inner.iter()) as Box<dyn Iterator<Item = &Field>>
        }
        Content::Message(_, inner) => of_kind(inner, kind),
        _ => Box::new(std::iter::empty()),
    }))
}

/// Another content of the same kind.
fn change(content: &mut Content, draw: &mut Draw) {
    match content {
        Content::Varint(value) => {
            // Most integers of a model are small: dimensions, axes, types.
            *value = match draw.below(4) {
                0 => draw.below(9) as u64,
                1 => (draw.below(9) as i64 - 4) as u64,
                _ => {
                    let mut bytes = value.to_le_bytes();
                    number(&mut bytes, draw);
                    u64::from_le_bytes(bytes)
                }
            };
        }
        Content::Fixed(bytes) => number(bytes, draw),
        Content::Bytes(bytes) => match draw.below(4) {
            0 => anywhere(bytes, draw),
            1 => bytes.resize(bytes.len() + draw.below(64), 0),
            2 => number(bytes, draw),
            _ => text(bytes, draw),
        },
        Content::Message(_, fields) => {
            let half = fields.len() / 2;
            fields.truncate(half);
        }
    }
}
