//! Softmax: of the last dimension, or, up to version 12, of all dimensions from the axis on together.

use super::super::shape::{axis, product};
use super::{Call, Operator, Value};
use crate::ImportError;
use gavel_program::Op;
use gavel_program::op::RowSoftmax;

pub(super) const OPERATOR: Operator = Operator {
    name: "Softmax",
    attributes: &["axis"],
    import,
};

/// From this version on the axis alone is normalized.
const ALONE: u64 = 13;

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, dims) = call.numbers(0)?;
    let default = if call.opset() < ALONE { 1 } else { -1 };
    let told = call.int("axis", default)?;
    let refused = || {
        let expected = format!("the last of {} dimensions that are not 1", dims.len());
        call.refused("axis", told.to_string(), &expected)
    };
    let at = axis(told, dims.len(), false).ok_or_else(refused)?;
    let after = product(&dims[at + 1..])?;
    if call.opset() >= ALONE && after != 1 {
        return Err(refused());
    }
    let op = Op::RowSoftmax(RowSoftmax {
        rows: product(&dims[..at])?,
        dim: product(&dims[at..])?,
    });
    let shares = call.network().node("softmax", op, &[x.operand()], x.len)?;
    Ok(Value::Numbers(shares, dims))
}
