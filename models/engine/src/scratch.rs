//! Each thread's scratch memory for the kernels.

use crate::float_environment;
use gavel_program::boot::SCRATCH_WORDS;
use std::cell::RefCell;

thread_local! {
    static SCRATCH: RefCell<Vec<u32>> = RefCell::new(scratch());
}

/// A thread's scratch memory, once it computes as the operators are defined.
///
/// # Panics
/// If the thread's float environment is not the default one.
fn scratch() -> Vec<u32> {
    assert!(
        float_environment::is_default(),
        "this thread rounds floats in another way than IEEE-754's default, or flushes subnormal numbers to zero"
    );
    vec![0; SCRATCH_WORDS]
}

/// Makes sure that this thread computes as the operators are defined.
///
/// # Panics
/// If its float environment is not the default one.
pub(crate) fn check_thread() {
    with_scratch(|_| ());
}

/// Lends a thread's scratch memory, once it computes as the operators are defined.
pub(crate) fn with_scratch<T>(use_it: impl FnOnce(&mut [u32]) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| use_it(scratch))
}
