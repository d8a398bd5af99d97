//! States kept along an execution, so that a later one isn't computed from the beginning again.

use crate::State;

/// Bytes that the states of one execution may take.
const BUDGET: usize = 64 << 20;

/// States at the beginnings of steps 0, stride, 2 * stride, ...
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshots {
    stride: u64,
    states: Vec<State>,
}

impl Snapshots {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Snapshots {
            stride: 1,
            states: Vec::new(),
        }
    }

    /// Told of the state at the beginning of every step in turn; keeps some, ever fewer as they become many.
    pub(crate) fn offer(&mut self, step: u64, state: &State) {
        if !step.is_multiple_of(self.stride) {
            return;
        }
        self.states.push(state.clone());
        if self.states.len() > 2 && self.states.len() * state.bytes() > BUDGET {
            self.thin_out();
        }
    }

    /// The last kept state at or before the beginning of `step`, and its step.
    ///
    /// # Panics
    /// If nothing was offered.
    pub(crate) fn before(&self, step: u64) -> (u64, &State) {
        let place = (step / self.stride).min(self.states.len() as u64 - 1);
        (place * self.stride, &self.states[place as usize])
    }

    /// Drops every other state.
    fn thin_out(&mut self) {
        let mut place = 0;
        self.states.retain(|_| {
            place += 1;
            place % 2 == 1
        });
        self.stride *= 2;
    }
}
