//! LeakyRelu: `relu(x) - alpha relu(-x)`; of the two summands one is zero, so that nothing is rounded but the product.

use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "LeakyRelu",
    attributes: &["alpha"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let (x, dims) = call.numbers(0)?;
    let alpha = call.float("alpha", 0.01)?;
    let network = call.network();
    let above = network.relu(x)?;
    let negated = network.scale(x, -1.0)?;
    let below = network.relu(negated)?;
    let slope = network.scale(below, -alpha)?;
    Ok(Value::Numbers(network.add(above, slope.operand())?, dims))
}
