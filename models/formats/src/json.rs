//! Typed access to the JSON files beside a model, with errors that name file and key.

use crate::ImportError;
use crate::beside::{Beside, MAX_BYTES};
use crate::fields::{missing, wrong_type};
use serde_json::Value;
use std::ops::RangeInclusive;

/// A JSON value and what it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a> {
    file: &'a str,
    path: &'a str,
    pub(crate) value: &'a Value,
}

/// Reads a file's JSON, if the file is there.
pub(crate) fn parse(beside: &Beside, file: &'static str) -> Result<Option<Value>, ImportError> {
    let Some(bytes) = beside.get(file) else {
        return Ok(None);
    };
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge {
            name: file.into(),
            got: bytes.len() as u64,
            limit: MAX_BYTES as u64,
        });
    }
    serde_json::from_slice(bytes)
        .map(Some)
        .map_err(|source| ImportError::Json {
            file: file.into(),
            source,
        })
}

impl<'a> Json<'a> {
    /// A file's value.
    pub(crate) fn new(file: &'a str, value: &'a Value) -> Self {
        Json {
            file,
            path: "",
            value,
        }
    }

    /// A member's full name, for errors.
    fn name(&self, key: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("{}: {}{dot}{key}", self.file, self.path)
    }

    /// A member; none if it is missing or null.
    pub(crate) fn get(&self, key: &'a str) -> Option<Json<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Json {
            file: self.file,
            path: key,
            value,
        })
    }

    /// A member that must be there.
    pub(crate) fn member(
        &self,
        key: &'a str,
        expected: &'static str,
    ) -> Result<Json<'a>, ImportError> {
        self.get(key)
            .ok_or_else(|| missing(&self.name(key), expected))
    }

    /// An error about a member.
    pub(crate) fn refused(&self, key: &str, expected: impl Into<String>) -> ImportError {
        let got = self.value.get(key).unwrap_or(&Value::Null).to_string();
        ImportError::Value {
            key: self.name(key),
            got: got.chars().take(80).collect(),
            expected: expected.into(),
        }
    }

    /// An integer within `range`.
    pub(crate) fn u32(&self, key: &'a str, range: RangeInclusive<u32>) -> Result<u32, ImportError> {
        let value = self.member(key, "an integer")?.value.as_u64();
        value
            .and_then(|value| u32::try_from(value).ok())
            .filter(|value| range.contains(value))
            .ok_or_else(|| self.refused(key, format!("{} to {}", range.start(), range.end())))
    }

    /// An integer within `range`, or the default where the key isn't there.
    pub(crate) fn u32_or(
        &self,
        key: &'a str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, ImportError> {
        match self.get(key) {
            Some(_) => self.u32(key, range),
            None => Ok(default),
        }
    }

    /// A text.
    pub(crate) fn text(&self, key: &'a str) -> Result<&'a str, ImportError> {
        let value = self.member(key, "a string")?.value;
        value
            .as_str()
            .ok_or_else(|| wrong_type(&self.name(key), type_name(value), "a string"))
    }

    /// A text that must be one of `supported`.
    pub(crate) fn one_of(&self, key: &'a str, supported: &[&str]) -> Result<(), ImportError> {
        match supported.contains(&self.text(key)?) {
            true => Ok(()),
            false => Err(self.refused(key, format!("one of {supported:?}"))),
        }
    }

    /// A truth value; none if it is missing or null.
    pub(crate) fn truth(&self, key: &'a str) -> Result<Option<bool>, ImportError> {
        let Some(member) = self.get(key) else {
            return Ok(None);
        };
        match member.value.as_bool() {
            Some(truth) => Ok(Some(truth)),
            None => Err(wrong_type(
                &self.name(key),
                type_name(member.value),
                "a bool",
            )),
        }
    }

    /// Refuses a truth value that isn't as it must be; one that isn't there is.
    pub(crate) fn must_be(&self, key: &'a str, expected: bool) -> Result<(), ImportError> {
        match self.get(key).map(|member| member.value.as_bool()) {
            None => Ok(()),
            Some(Some(got)) if got == expected => Ok(()),
            Some(_) => Err(self.refused(key, expected.to_string())),
        }
    }

    /// The elements of an array.
    pub(crate) fn array(&self, key: &'a str) -> Result<&'a [Value], ImportError> {
        let value = self.member(key, "an array")?.value;
        let array = value.as_array().map(Vec::as_slice);
        array.ok_or_else(|| wrong_type(&self.name(key), type_name(value), "an array"))
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
