//! A state that a request is done with, for the next one. An encoder's slots have room for its longest text, and most texts are short: to
//! get them from the system anew takes longer than to compute.

use crate::{State, StateError};
use gavel_primitives::Params;
use gavel_program::Program;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Words of the largest state that is kept.
const MOST: usize = 16 << 20;

/// Room for one state, all zero.
#[derive(Debug, Default)]
pub(crate) struct Spare(Mutex<Option<State>>);

impl Spare {
    /// The first state of a request.
    ///
    /// # Errors
    /// As [`State::first`].
    pub(crate) fn first(
        &self,
        program: &Program,
        prompt: &[u8],
        params: &Params,
    ) -> Result<State, StateError> {
        let kept = self.kept().take();
        match kept {
            Some(state) => state.begun(program, prompt, params),
            None => State::first(program, prompt, params),
        }
    }

    /// Takes a state back.
    pub(crate) fn put(&self, mut state: State) {
        if state.words() <= MOST {
            state.clear_all();
            *self.kept() = Some(state);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<State>> {
        // What is in it is a whole state or none, whoever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
