//! Sub: a sum with the other sign, which is exact.

use super::pointwise::Inputs;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Sub",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, summand, dims) = match Inputs::read(call)? {
        Inputs::Two([a, b], dims) => {
            let negated = call.network().scale(b, -1.0)?;
            (a, negated.operand(), dims)
        }
        Inputs::One(x, constant, dims) if constant.is_first => {
            let negated = call.network().scale(x, -1.0)?;
            (negated, constant.weight(call)?, dims)
        }
        Inputs::One(x, constant, dims) => (x, constant.made(call, |number| -number)?, dims),
    };
    Ok(Value::Numbers(call.network().add(x, summand)?, dims))
}
