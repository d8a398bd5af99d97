//! A message's fields by what they must be.

use super::super::OnnxError;
use super::super::wire::{Fields, Value};
use std::ops::Range;

/// A message with the file that it lies in.
pub(super) struct Message<'a> {
    name: &'static str,
    file: &'a [u8],
    fields: Fields<'a>,
}

impl<'a> Message<'a> {
    /// The message at a place of a file.
    pub(super) fn new(name: &'static str, file: &'a [u8], at: Range<usize>) -> Self {
        Message {
            name,
            file,
            fields: Fields::new(file, at),
        }
    }

    /// Calls `read` for each field.
    pub(super) fn each(
        mut self,
        mut read: impl FnMut(&Self, u64, Value) -> Result<(), OnnxError>,
    ) -> Result<(), OnnxError> {
        while let Some((field, value)) = self.fields.next()? {
            read(&self, field, value)?;
        }
        Ok(())
    }

    /// Refuses a field of another kind.
    pub(super) fn wrong(&self, field: u64) -> OnnxError {
        let message = self.name;
        OnnxError::Field { message, field }
    }

    /// Where the bytes of a field lie.
    pub(super) fn bytes(&self, field: u64, value: Value) -> Result<Range<usize>, OnnxError> {
        match value {
            Value::Bytes(at) => Ok(at),
            _ => Err(self.wrong(field)),
        }
    }

    /// A field that is text.
    pub(super) fn text(&self, field: u64, value: Value) -> Result<&'a str, OnnxError> {
        let at = self.bytes(field, value)?;
        let start = at.start;
        std::str::from_utf8(&self.file[at]).map_err(|_| OnnxError::Utf8 { at: start })
    }

    /// A field that is a number.
    pub(super) fn number(&self, field: u64, value: Value) -> Result<u64, OnnxError> {
        match value {
            Value::Varint(number) => Ok(number),
            _ => Err(self.wrong(field)),
        }
    }

    /// A field that is a float.
    pub(super) fn float(&self, field: u64, value: Value) -> Result<f32, OnnxError> {
        match value {
            Value::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(self.wrong(field)),
        }
    }

    /// Adds integers, one or many in a row.
    pub(super) fn ints(
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
pub(super) fn push<T>(
    to: &mut Vec<T>,
    one: T,
    what: &'static str,
    limit: usize,
) -> Result<(), OnnxError> {
    if to.len() == limit {
        return Err(OnnxError::Limit { what, limit });
    }
    to.push(one);
    Ok(())
}
