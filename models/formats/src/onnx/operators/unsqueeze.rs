//! Unsqueeze: dimensions of 1 appear. Axes, places in the new shape, are an attribute up to version 12, then an input.

use super::super::call::dims;
use super::super::shape::axis;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Unsqueeze",
    attributes: &["axes"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let value = call.input(0)?;
    let told = match call.has(1) {
        true => call.integers(1)?,
        false => call.ints("axes")?.ok_or_else(|| call.lacks("axes"))?,
    };
    let new = shape(&told, dims(&value)).ok_or_else(|| {
        let expected = "places of the new shape, each once";
        call.refused("axes", format!("{told:?}"), expected)
    })?;
    call.reshaped(value, new)
}

/// The shape with ones at these places.
fn shape(told: &[i64], old: &[u32]) -> Option<Vec<u32>> {
    let rank = old.len() + told.len();
    let places = told.iter().map(|told| axis(*told, rank, false));
    let mut ones = places.collect::<Option<Vec<usize>>>()?;
    ones.sort_unstable();
    ones.dedup();
    let mut rest = old.iter();
    let dims = (0..rank).map(|place| match ones.binary_search(&place) {
        Ok(_) => Some(1),
        Err(_) => rest.next().copied(),
    });
    dims.collect()
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn ones_appear_at_their_places() {
        assert_eq!(shape(&[0, 2], &[5, 6]), Some(vec![1, 5, 1, 6]));
        assert_eq!(shape(&[-1], &[5]), Some(vec![5, 1]));
        assert_eq!(shape(&[], &[5]), Some(vec![5]));
        assert_eq!(shape(&[1, 1], &[5]), None);
        assert_eq!(shape(&[2], &[5]), None);
    }
}
