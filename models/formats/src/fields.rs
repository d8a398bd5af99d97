//! Typed access to metadata, with errors that name the key.

use crate::ImportError;
use crate::gguf::{Array, Metadata, Value};
use std::ops::RangeInclusive;

/// Metadata as an importer asks for it.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'m, 'a>(pub(crate) &'m Metadata<'a>);

impl<'a> Fields<'_, 'a> {
    /// An integer within `range`.
    pub(crate) fn u32(&self, key: &str, range: RangeInclusive<u32>) -> Result<u32, ImportError> {
        self.optional_u32(key, range)?
            .ok_or_else(|| missing(key, "an integer"))
    }

    /// An integer within `range`, if the key is there.
    pub(crate) fn optional_u32(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ImportError> {
        let got = match self.0.get(key) {
            None => return Ok(None),
            Some(Value::Integer(got)) => got,
            Some(other) => return Err(wrong_type(key, other.type_name(), "integer")),
        };
        match u32::try_from(got) {
            Ok(value) if range.contains(&value) => Ok(Some(value)),
            _ => Err(ImportError::Value {
                key: key.into(),
                got: got.to_string(),
                expected: format!("{} to {}", range.start(), range.end()),
            }),
        }
    }

    /// A finite number above 0.
    pub(crate) fn positive(&self, key: &str, default: Option<f64>) -> Result<f64, ImportError> {
        match (self.0.get(key), default) {
            (None, Some(default)) => Ok(default),
            (None, None) => Err(missing(key, "a float")),
            (Some(Value::Float(got)), _) if got.is_finite() && got > 0.0 => Ok(got),
            (Some(Value::Float(got)), _) => Err(ImportError::Value {
                key: key.into(),
                got: got.to_string(),
                expected: "a finite number above 0".into(),
            }),
            (Some(other), _) => Err(wrong_type(key, other.type_name(), "float")),
        }
    }

    /// A truth value, or the default.
    pub(crate) fn truth(&self, key: &str, default: bool) -> Result<bool, ImportError> {
        match self.0.get(key) {
            None => Ok(default),
            Some(Value::Bool(got)) => Ok(got),
            Some(other) => Err(wrong_type(key, other.type_name(), "bool")),
        }
    }

    /// Text that must be one of `supported`: its place among them.
    pub(crate) fn one_of(&self, key: &str, supported: &[&str]) -> Result<usize, ImportError> {
        let got = match self.0.get(key) {
            None => return Err(missing(key, "a string")),
            Some(Value::String(got)) => String::from_utf8_lossy(got),
            Some(other) => return Err(wrong_type(key, other.type_name(), "string")),
        };
        let place = supported.iter().position(|known| *known == got);
        place.ok_or_else(|| ImportError::Value {
            key: key.into(),
            got: format!("{got:?}"),
            expected: format!("one of those supported: {}", supported.join(", ")),
        })
    }

    /// An array.
    pub(crate) fn array(&self, key: &str) -> Result<Array<'a>, ImportError> {
        match self.0.get(key) {
            None => Err(missing(key, "an array")),
            Some(Value::Array(array)) => Ok(array),
            Some(other) => Err(wrong_type(key, other.type_name(), "array")),
        }
    }
}

pub(crate) fn missing(key: &str, expected: &'static str) -> ImportError {
    ImportError::Missing {
        key: key.into(),
        expected,
    }
}

pub(crate) fn wrong_type(key: &str, got: &str, expected: &'static str) -> ImportError {
    ImportError::Type {
        key: key.into(),
        got: got.into(),
        expected,
    }
}
