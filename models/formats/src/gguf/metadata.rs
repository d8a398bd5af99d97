//! Metadata: typed values by key.

use super::limits::{MAX_ARRAY_LEN, MAX_ENTRIES, MAX_KEY_BYTES, MAX_STRING_BYTES};
use super::{GgufError, Reader};
use std::collections::BTreeMap;

/// Value types of the format, by code.
const TYPE_NAMES: [&str; 13] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64",
];
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// The name of a value type.
fn type_name(code: u32) -> Option<&'static str> {
    TYPE_NAMES.get(code as usize).copied()
}

/// Bytes of a value of fixed size.
fn type_bytes(code: u32) -> Option<u64> {
    match code {
        0 | 1 | BOOL => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// A metadata value. Strings and arrays stay in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A signed or unsigned integer of any width.
    Integer(i128),
    /// A floating-point number of either width.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Bytes, UTF-8 by the format's rules; not checked.
    String(&'a [u8]),
    /// Values of one type.
    Array(Array<'a>),
}

impl Value<'_> {
    /// The type, for errors.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Integer(_) => "integer",
            Value::Float(_) => "float",
            Value::Bool(_) => "bool",
            Value::String(_) => "string",
            Value::Array(_) => "array",
        }
    }
}

/// An array whose extent was checked when it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a> {
    kind: u32,
    len: usize,
    body: &'a [u8],
}

impl<'a> Array<'a> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The type of the elements, for errors.
    pub fn type_name(&self) -> &'static str {
        type_name(self.kind).expect("read from the table")
    }

    /// The elements.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> {
        let mut reader = Reader::new(self.body);
        let kind = self.kind;
        (0..self.len)
            .map(move |_| value(&mut reader, "", kind).expect("the elements were read once before"))
    }
}

/// The metadata of a file.
#[derive(Clone, Debug, Default)]
pub struct Metadata<'a> {
    entries: BTreeMap<&'a str, Value<'a>>,
}

impl<'a> Metadata<'a> {
    /// Reads `count` entries.
    pub(crate) fn read(reader: &mut Reader<'a>, count: u64) -> Result<Self, GgufError> {
        debug_assert!(count <= MAX_ENTRIES);
        let mut entries = BTreeMap::new();
        for _ in 0..count {
            let key = reader.text("a metadata key", MAX_KEY_BYTES)?;
            let kind = reader.u32("a value type")?;
            let value = value(reader, key, kind)?;
            if entries.insert(key, value).is_some() {
                return Err(GgufError::Duplicate {
                    what: "metadata key",
                    name: key.into(),
                });
            }
        }
        Ok(Metadata { entries })
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.entries.get(key).copied()
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.entries.keys().copied()
    }
}

fn value<'a>(reader: &mut Reader<'a>, key: &str, kind: u32) -> Result<Value<'a>, GgufError> {
    const WHAT: &str = "a metadata value";
    let at = reader.at();
    Ok(match kind {
        0 => Value::Integer(u8::from_le_bytes(reader.array(WHAT)?).into()),
        1 => Value::Integer(i8::from_le_bytes(reader.array(WHAT)?).into()),
        2 => Value::Integer(u16::from_le_bytes(reader.array(WHAT)?).into()),
        3 => Value::Integer(i16::from_le_bytes(reader.array(WHAT)?).into()),
        4 => Value::Integer(u32::from_le_bytes(reader.array(WHAT)?).into()),
        5 => Value::Integer(i32::from_le_bytes(reader.array(WHAT)?).into()),
        6 => Value::Float(f32::from_le_bytes(reader.array(WHAT)?).into()),
        BOOL => Value::Bool(truth(at, reader.array::<1>(WHAT)?[0])?),
        STRING => Value::String(reader.bytes("a string value", MAX_STRING_BYTES)?),
        ARRAY => Value::Array(array(reader, key)?),
        10 => Value::Integer(u64::from_le_bytes(reader.array(WHAT)?).into()),
        11 => Value::Integer(i64::from_le_bytes(reader.array(WHAT)?).into()),
        12 => Value::Float(f64::from_le_bytes(reader.array(WHAT)?)),
        code => {
            return Err(GgufError::ValueType {
                key: key.into(),
                code,
                at,
                expected: "0 to 12",
            });
        }
    })
}

fn truth(at: usize, byte: u8) -> Result<bool, GgufError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        got => Err(GgufError::Bool { at, got }),
    }
}

/// Reads an array's extent, checking each element.
fn array<'a>(reader: &mut Reader<'a>, key: &str) -> Result<Array<'a>, GgufError> {
    let at = reader.at();
    let kind = reader.u32("an array's element type")?;
    let len = reader.count("an array's length", MAX_ARRAY_LEN)?;
    let mut body = reader.clone();
    let start = reader.at();
    match (kind, type_bytes(kind)) {
        (BOOL, _) => {
            for _ in 0..len {
                let at = reader.at();
                truth(at, reader.array::<1>("an array of truth values")?[0])?;
            }
        }
        (_, Some(bytes)) => {
            reader.take("an array", len * bytes)?;
        }
        (STRING, _) => {
            for _ in 0..len {
                reader.bytes("a string of an array", MAX_STRING_BYTES)?;
            }
        }
        (code, None) => {
            return Err(GgufError::ValueType {
                key: key.into(),
                code,
                at,
                expected: "an element type that is no array",
            });
        }
    }
    let bytes = (reader.at() - start) as u64;
    Ok(Array {
        kind,
        len: len as usize,
        body: body.take("an array", bytes)?,
    })
}
