//! Squeeze: dimensions of 1 disappear. Axes are an attribute up to version 12, then an input.

use super::super::call::dims;
use super::super::shape::axis;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Squeeze",
    attributes: &["axes"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let value = call.input(0)?;
    let old = dims(&value).to_vec();
    let told = match call.has(1) {
        true => Some(call.integers(1)?),
        false => call.ints("axes")?,
    };
    let goes = |place: usize| match &told {
        None => old[place] == 1,
        Some(axes) => axes
            .iter()
            .any(|told| axis(*told, old.len(), false) == Some(place)),
    };
    let known = |told: &i64| axis(*told, old.len(), false).is_some_and(|place| old[place] == 1);
    if let Some(wrong) = told.iter().flatten().find(|told| !known(told)) {
        let expected = format!("the place of a 1 in {old:?}");
        return Err(call.refused("axes with", wrong.to_string(), &expected));
    }
    let new = (0..old.len())
        .filter(|place| !goes(*place))
        .map(|place| old[place]);
    let new = new.collect();
    call.reshaped(value, new)
}
