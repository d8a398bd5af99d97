//! Relu.

use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Relu",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, dims) = call.numbers(0)?;
    Ok(Value::Numbers(call.network().relu(x)?, dims))
}
