//! MaxPool: the largest number of each window.

use super::super::shape::WINDOWS;
use super::{Call, Operator, Value, pooled};
use crate::ImportError;
use gavel_program::op::Reduction;

pub(super) const OPERATOR: Operator = Operator {
    name: "MaxPool",
    attributes: &[
        WINDOWS[0],
        WINDOWS[1],
        WINDOWS[2],
        WINDOWS[3],
        WINDOWS[4],
        "ceil_mode",
        // The order of indices, which are not given.
        "storage_order",
    ],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    pooled::windows(call, Reduction::Largest)
}
