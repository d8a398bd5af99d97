//! Add: two sums of the network, or one and a constant, which is spread over the shape at import.

use super::super::constant::Data;
use super::super::shape::{broadcast, product, spread};
use super::{Call, Operator, Value};
use crate::ImportError;
use crate::network::Numbers;

pub(super) const OPERATOR: Operator = Operator {
    name: "Add",
    attributes: &[],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    match (call.input(0)?, call.input(1)?) {
        (Value::Numbers(a, a_dims), Value::Numbers(b, b_dims)) => {
            let dims = joint(call, &a_dims, &b_dims, [a.len, b.len])?;
            let sum = call.network().add(a, b.operand())?;
            Ok(Value::Numbers(sum, dims))
        }
        (Value::Numbers(numbers, dims), Value::Constant(_)) => constant(call, numbers, &dims, 1),
        (Value::Constant(_), Value::Numbers(numbers, dims)) => constant(call, numbers, &dims, 0),
        (Value::Constant(_), Value::Constant(_)) => {
            let expected = "at least one that the graph's input decides";
            Err(call.refused("inputs", "two constants".into(), expected))
        }
    }
}

/// The shape of both, neither of which may be repeated for it.
fn joint(
    call: &Call<'_, '_>,
    a: &[u32],
    b: &[u32],
    lens: [u32; 2],
) -> Result<Vec<u32>, ImportError> {
    let dims = broadcast(a, b);
    let fits = |dims: &Vec<u32>| product(dims).is_ok_and(|len| lens == [len; 2]);
    dims.filter(fits).ok_or_else(|| {
        let expected = "of which neither is repeated to fit the other";
        call.refused("inputs of shapes", format!("{a:?} and {b:?}"), expected)
    })
}

/// Numbers and the constant at a place.
fn constant(
    call: &mut Call<'_, '_>,
    x: Numbers,
    x_dims: &[u32],
    place: usize,
) -> Result<Value, ImportError> {
    let constant = call.constant(place)?;
    let Data::Floats(words) = &constant.data else {
        return Err(call.refused("a summand of", "integers".into(), "floats"));
    };
    let dims = broadcast(x_dims, &constant.dims).unwrap_or_default();
    let dims = joint(call, x_dims, &dims, [x.len, product(&dims)?])?;
    let summand = if product(&constant.dims)? == x.len {
        call.weight(&constant, words.clone())?
    } else {
        let elements = (**words).as_ref();
        let spread = || spread(elements, &constant.dims, &dims);
        call.network().made(&constant.name, x.len, spread)?
    };
    let sum = call.network().add(x, summand)?;
    Ok(Value::Numbers(sum, dims))
}
