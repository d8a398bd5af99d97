//! Add: two sums of the network, or one and a constant.

use super::pointwise::Inputs;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Add",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, summand, dims) = match Inputs::read(call)? {
        Inputs::Two([a, b], dims) => (a, b.operand(), dims),
        Inputs::One(x, constant, dims) => (x, constant.weight(call)?, dims),
    };
    Ok(Value::Numbers(call.network().add(x, summand)?, dims))
}
