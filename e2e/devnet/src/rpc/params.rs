//! Reading a method's positional parameters.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

use super::error::RpcError;

/// The parameters of one request.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<Value>);

impl Params {
    /// Takes the `params` member of a request, which may be absent.
    ///
    /// # Errors
    ///
    /// Invalid params where it is neither a list nor absent.
    pub fn from_member(member: Option<&Value>) -> Result<Self, RpcError> {
        match member {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Array(values)) => Ok(Self(values.clone())),
            Some(_) => Err(RpcError::invalid_params("non-array args")),
        }
    }

    /// Refuses more than `count` parameters.
    ///
    /// # Errors
    ///
    /// Invalid params.
    pub fn at_most(&self, count: usize) -> Result<(), RpcError> {
        if self.0.len() <= count {
            return Ok(());
        }
        Err(RpcError::invalid_params(format!(
            "too many arguments, want at most {count}"
        )))
    }

    /// Parameter `index`, which must be there.
    ///
    /// # Errors
    ///
    /// Invalid params where it is missing or no `T`.
    pub fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        self.optional(index)?.ok_or_else(|| {
            RpcError::invalid_params(format!("missing value for required argument {index}"))
        })
    }

    /// Parameter `index`, or `None` where it is missing or null.
    ///
    /// # Errors
    ///
    /// Invalid params where it is no `T`.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|error| {
                RpcError::invalid_params(format!("invalid argument {index}: {error}"))
            }),
        }
    }
}

/// A number as a JSON number, a hexadecimal or a decimal string: clients differ in what they send
/// to the development methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity(pub u64);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => parse(text),
            _ => None,
        };
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("not a quantity: {value}")))
    }
}

fn parse(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn params(value: Value) -> Params {
        Params::from_member(Some(&value)).expect("a list")
    }

    #[test]
    fn quantities_come_in_three_shapes() {
        let params = params(json!([7, "0x10", "10", -1, "0xzz"]));
        let read: Vec<_> = (0..5)
            .map(|i| params.required::<Quantity>(i).ok().map(|q| q.0))
            .collect();
        assert_eq!(read, [Some(7), Some(16), Some(10), None, None]);
    }

    #[test]
    fn missing_and_surplus_parameters_are_named() {
        let params = params(json!([null, 1]));
        let missing = params.required::<Quantity>(0).unwrap_err();
        assert_eq!(missing.message, "missing value for required argument 0");
        let surplus = params.at_most(1).unwrap_err();
        assert_eq!(
            (surplus.code, surplus.message.as_str()),
            (-32_602, "too many arguments, want at most 1")
        );
    }
}
