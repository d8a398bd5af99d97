//! Gemm: a matrix of weights, a bias; both may be scaled.

use super::super::constant::Data;
use super::super::shape::{broadcast, spread};
use super::product::{matrix, row};
use super::{Call, Operator, Value};
use crate::ImportError;
use crate::network::Numbers;
use gavel_program::Operand;

pub(super) const OPERATOR: Operator = Operator {
    name: "Gemm",
    attributes: &["alpha", "beta", "transA", "transB"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    call.only_int("transA", 0)?;
    let is_by_rows = call.int("transB", 0)? != 0;
    let (alpha, beta) = (call.float("alpha", 1.0)?, call.float("beta", 1.0)?);
    let (x, _) = row(call)?;
    let (weights, rows) = matrix(call, x.len, is_by_rows)?;
    let product = call.network().linear(x, weights, rows)?;
    let scaled = call.network().scale(product, alpha)?;
    let dims = vec![1, rows];
    if !call.has(2) {
        return Ok(Value::Numbers(scaled, dims));
    }
    let bias = bias(call, scaled, &dims, beta)?;
    Ok(Value::Numbers(call.network().add(scaled, bias)?, dims))
}

/// The bias for each row, times beta: one rounded product each, at import.
fn bias(
    call: &mut Call<'_, '_>,
    x: Numbers,
    dims: &[u32],
    beta: f32,
) -> Result<Operand, ImportError> {
    let constant = call.constant(2)?;
    let Data::Floats(words) = &constant.data else {
        return Err(call.refused("a bias of", "integers".into(), "floats"));
    };
    if broadcast(dims, &constant.dims).as_deref() != Some(dims) {
        let got = format!("{:?}", constant.dims);
        return Err(call.refused(
            "a bias of shape",
            got,
            &format!("one that spreads to {dims:?}"),
        ));
    }
    let elements = (**words).as_ref();
    if beta == 1.0 && elements.len() == x.len as usize {
        return call.weight(&constant, words.clone());
    }
    let scaled = |bits: u32| match beta == 1.0 {
        true => bits,
        false => gavel_kernels::num::stored(f32::from_bits(bits) * beta),
    };
    let scaled = || {
        let spread = spread(elements, &constant.dims, dims);
        spread.into_iter().map(scaled).collect()
    };
    call.network().made(&constant.name, x.len, scaled)
}
