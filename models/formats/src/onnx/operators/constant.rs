//! Constant: a tensor within the graph.

use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Constant",
    attributes: &["value"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    call.tensor("value").map(Value::Constant)
}
