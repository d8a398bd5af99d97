//! MatMul: a row of numbers times a matrix of weights.

use super::product::{matrix, row};
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "MatMul",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, mut dims) = row(call)?;
    let (weights, rows) = matrix(call, x.len, false)?;
    let product = call.network().linear(x, weights, rows)?;
    if let Some(last) = dims.last_mut() {
        *last = rows;
    }
    Ok(Value::Numbers(product, dims))
}
