//! GlobalAveragePool: the mean of each channel.

use super::{Call, Operator, Value, pooled};
use crate::ImportError;
use crate::onnx::shape::Windows;
use gavel_program::op::Reduction;

pub(super) const OPERATOR: Operator = Operator {
    name: "GlobalAveragePool",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (_, sides) = call.image(0)?;
    let whole = Windows {
        kernel: sides.rows_columns,
        stride: [1, 1],
        dilation: [1, 1],
        before: [0, 0],
        out: [1, 1],
    };
    pooled::node(call, whole, Reduction::Mean)
}
