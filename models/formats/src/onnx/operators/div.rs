//! Div: by a constant, as a product with its reciprocal, one rounding more.

use super::pointwise::Inputs;
use super::{Call, Operator, Value, mul};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Div",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    match Inputs::read(call)? {
        Inputs::One(x, constant, dims) if !constant.is_first => {
            let quotient = mul::by(call, x, &constant, |divisor| 1.0 / divisor)?;
            Ok(Value::Numbers(quotient, dims))
        }
        _ => {
            let got = "what the graph's input decides".into();
            Err(call.refused("a divisor that is", got, "a constant"))
        }
    }
}
