//! What operators on corresponding elements share: two inputs, at most one of them a constant, which is spread over the shape at import.

use super::super::constant::{Constant, Data};
use super::super::shape::{broadcast, product, spread};
use super::{Call, Value};
use crate::ImportError;
use crate::network::Numbers;
use gavel_program::{Operand, Words};
use std::rc::Rc;
use std::sync::Arc;

/// The inputs of such an operator, and the shape of what comes out.
pub(super) enum Inputs {
    /// What two nodes gave.
    Two([Numbers; 2], Vec<u32>),
    /// What a node gave, and a constant.
    One(Numbers, Spread, Vec<u32>),
}

/// A constant that is repeated to fill a shape.
pub(super) struct Spread {
    constant: Rc<Constant>,
    words: Words,
    dims: Vec<u32>,
    len: u32,
    /// Whether it is the first input.
    pub(super) is_first: bool,
}

impl Inputs {
    /// Both inputs.
    pub(super) fn read(call: &Call<'_, '_>) -> Result<Self, ImportError> {
        match (call.input(0)?, call.input(1)?) {
            (Value::Numbers(a, a_dims), Value::Numbers(b, b_dims)) => {
                let dims = joint(call, &a_dims, &b_dims, [a.len, b.len])?;
                Ok(Inputs::Two([a, b], dims))
            }
            (Value::Numbers(x, dims), Value::Constant(_)) => one(call, x, &dims, 1),
            (Value::Constant(_), Value::Numbers(x, dims)) => one(call, x, &dims, 0),
            (Value::Constant(_), Value::Constant(_)) => {
                let expected = "at least one that the graph's input decides";
                Err(call.refused("inputs", "two constants".into(), expected))
            }
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
fn one(
    call: &Call<'_, '_>,
    x: Numbers,
    x_dims: &[u32],
    place: usize,
) -> Result<Inputs, ImportError> {
    let constant = call.constant(place)?;
    let Data::Floats(words) = &constant.data else {
        return Err(call.refused("a constant of", "integers".into(), "floats"));
    };
    let words = Arc::clone(words);
    let dims = broadcast(x_dims, &constant.dims).unwrap_or_default();
    let dims = joint(call, x_dims, &dims, [x.len, product(&dims)?])?;
    let spread = Spread {
        constant,
        words,
        dims: dims.clone(),
        len: x.len,
        is_first: place == 0,
    };
    Ok(Inputs::One(x, spread, dims))
}

impl Spread {
    /// The number that all elements are, if they are told as one.
    pub(super) fn single(&self) -> Option<f32> {
        match (*self.words).as_ref() {
            [word] => Some(f32::from_bits(*word)),
            _ => None,
        }
    }

    /// The elements as a weight.
    ///
    /// # Errors
    /// [`ImportError`] for more than a network may have.
    pub(super) fn weight(&self, call: &mut Call<'_, '_>) -> Result<Operand, ImportError> {
        if product(&self.constant.dims)? == self.len {
            return call.weight(&self.constant, Arc::clone(&self.words));
        }
        self.made(call, |x| x)
    }

    /// A weight of a function of each element.
    ///
    /// # Errors
    /// [`ImportError`] for more than a network may have.
    pub(super) fn made(
        &self,
        call: &mut Call<'_, '_>,
        number: impl Fn(f32) -> f32,
    ) -> Result<Operand, ImportError> {
        let make = || {
            let elements = spread((*self.words).as_ref(), &self.constant.dims, &self.dims);
            let changed = elements
                .into_iter()
                .map(|word| number(f32::from_bits(word)));
            changed.map(f32::to_bits).collect()
        };
        call.network().made(&self.constant.name, self.len, make)
    }
}
