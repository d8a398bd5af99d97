//! Mul: by a constant.

use super::pointwise::{Inputs, Spread};
use super::{Call, Operator, Value};
use crate::ImportError;
use crate::network::Numbers;
use gavel_program::Op;
use gavel_program::op::ChannelAffine;

pub(super) const OPERATOR: Operator = Operator {
    name: "Mul",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    match Inputs::read(call)? {
        Inputs::One(x, constant, dims) => {
            let product = by(call, x, &constant, |factor| factor)?;
            Ok(Value::Numbers(product, dims))
        }
        Inputs::Two(..) => {
            let expected = "one that is a constant";
            Err(call.refused("factors", "two of the network".into(), expected))
        }
    }
}

/// Each number times a function of the constant's.
pub(super) fn by(
    call: &mut Call<'_, '_>,
    x: Numbers,
    constant: &Spread,
    factor: impl Fn(f32) -> f32,
) -> Result<Numbers, ImportError> {
    if let Some(single) = constant.single() {
        return call.network().scale(x, factor(single));
    }
    let factors = constant.made(call, factor)?;
    let network = call.network();
    let zeros = network.made("no summand", x.len, || vec![0; x.len as usize])?;
    let op = Op::ChannelAffine(ChannelAffine {
        channels: x.len,
        plane: 1,
    });
    network.node("product", op, &[x.operand(), factors, zeros], x.len)
}
