//! Transpose: of numbers only where their order stays, because all dimensions that change places but one are 1.

use super::super::call::dims;
use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Transpose",
    attributes: &["perm"],
    import,
};

fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    let value = call.input(0)?;
    let old = dims(&value).to_vec();
    let reversed = || (0..old.len() as i64).rev().collect();
    let order: Vec<i64> = call.ints("perm")?.unwrap_or_else(reversed);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != Vec::from_iter(0..old.len() as i64) {
        let expected = format!("the {} dimensions in another order", old.len());
        return Err(call.refused("perm", format!("{order:?}"), &expected));
    }
    let moved = order.iter().filter(|place| old[**place as usize] != 1);
    if !moved.is_sorted() {
        let expected = "an order that leaves the elements where they are";
        return Err(call.refused("perm", format!("{order:?} of {old:?}"), expected));
    }
    let new = order.iter().map(|place| old[*place as usize]).collect();
    call.reshaped(value, new)
}
