//! A panic about one tournament or batch is a doubt about that one: the others have clocks that run.

use crate::CantTell;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// What `part` gives; if it panics, that nothing can be told of what it is about. `part` hands back what it decides as a value and changes
/// nothing of ours, so that a panic leaves nothing half-done here.
///
/// # Errors
/// What `part` says, or [`CantTell::Failed`] with the panic's message.
pub(super) fn apart<T>(part: impl FnOnce() -> Result<T, CantTell>) -> Result<T, CantTell> {
    catch_unwind(AssertUnwindSafe(part)).unwrap_or_else(|panic| {
        Err(CantTell::Failed {
            cause: message(panic.as_ref()),
        })
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}
