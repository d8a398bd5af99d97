//! Dropout: nothing, outside training.

use super::{Call, Operator, Value};
use crate::ImportError;

pub(super) const OPERATOR: Operator = Operator {
    name: "Dropout",
    // How much is dropped in training, and by which draws.
    attributes: &["ratio", "seed"],
    import,
};

/// The third input, which is there since version 12, would turn training on.
fn import(call: &mut Call<'_, '_>) -> Result<Value, ImportError> {
    if call.has(2) {
        return Err(call.refused("an input", "training_mode".into(), "none past the ratio"));
    }
    call.input(0)
}
