//! Flatten: two dimensions, those before the axis and those from it on.

use super::super::call::dims;
use super::super::shape::{axis, product};
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Flatten",
    attributes: &["axis"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let value = call.input(0)?;
    let told = call.int("axis", 1)?;
    let old = dims(&value);
    let at = axis(told, old.len(), true).ok_or_else(|| {
        call.refused(
            "axis",
            told.to_string(),
            &format!("one of {} dimensions", old.len()),
        )
    })?;
    let flat = vec![product(&old[..at])?, product(&old[at..])?];
    call.reshaped(value, flat)
}
