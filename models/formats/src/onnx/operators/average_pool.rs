//! AveragePool: the mean of each window, with or without the zeros around the image.

use super::super::shape::WINDOWS;
use super::{Call, Operator, Value, pooled};
use crate::ImportError;
use gavel_program::op::Reduction;

pub(super) const OPERATOR: Operator = Operator {
    name: "AveragePool",
    attributes: &[
        WINDOWS[0],
        WINDOWS[1],
        WINDOWS[2],
        WINDOWS[3],
        WINDOWS[4],
        "ceil_mode",
        "count_include_pad",
    ],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let reduction = match call.int("count_include_pad", 0)? {
        0 => Reduction::Mean,
        _ => Reduction::PaddedMean,
    };
    pooled::windows(call, reduction)
}
