//! Identity: nothing.

use super::Operator;

pub(super) const OPERATOR: Operator = Operator {
    name: "Identity",
    attributes: &[],
    import: |call| call.input(0),
};
