//! Reshape: a shape from a constant, in which 0 keeps a dimension and one -1 takes what is left.

use super::super::call::dims;
use super::super::shape::product;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Reshape",
    attributes: &["allowzero"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    call.only_int("allowzero", 0)?;
    let value = call.input(0)?;
    let told = call.integers(1)?;
    let new = shape(&told, dims(&value)).ok_or_else(|| {
        call.refused(
            "a shape of",
            format!("{told:?}"),
            "0, -1 once, or numbers above 0",
        )
    })?;
    call.reshaped(value, new)
}

/// The shape that is told, over the old one.
fn shape(told: &[i64], old: &[u32]) -> Option<Vec<u32>> {
    let mut open = None;
    let mut new = Vec::new();
    for (place, dim) in told.iter().enumerate() {
        new.push(match dim {
            0 => *old.get(place)?,
            -1 if open.is_none() => {
                open = Some(place);
                1
            }
            dim => u32::try_from(*dim).ok()?,
        });
    }
    if let Some(open) = open {
        let (all, known) = (product(old).ok()?, product(&new).ok()?);
        new[open] = all.checked_div(known)?;
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn zeros_keep_and_one_dimension_is_open() {
        assert_eq!(shape(&[0, -1], &[2, 3, 4]), Some(vec![2, 12]));
        assert_eq!(shape(&[-1], &[2, 3]), Some(vec![6]));
        assert_eq!(shape(&[3, 2], &[2, 3]), Some(vec![3, 2]));
        assert_eq!(shape(&[-1, -1], &[2, 3]), None);
        assert_eq!(shape(&[1, 1, 0], &[2, 3]), None);
        assert_eq!(shape(&[-2], &[2]), None);
        assert_eq!(shape(&[-1, 0], &[0, 0]), None);
    }
}
