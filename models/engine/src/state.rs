//! The slots of one request under way.

use gavel_primitives::Params;
use gavel_program::{Control, Program, control::CONTROL_WORDS};
use std::ops::Range;
use thiserror::Error;

/// Why a request can't start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// The prompt exceeds the program's limit.
    #[error("the prompt has {got} bytes, the program takes at most {limit}")]
    PromptTooLong {
        /// Bytes given.
        got: usize,
        /// The header's limit.
        limit: u32,
    },
}

/// All slots as words of their whole trees, in the order of [`Program::slots`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    slots: Vec<Vec<u32>>,
    control: usize,
}

impl State {
    /// The first state of a request: prompt and control slot set, everything else zero.
    ///
    /// # Errors
    /// [`StateError::PromptTooLong`].
    ///
    /// # Panics
    /// If the program's header names slots that it doesn't have.
    pub fn first(program: &Program, prompt: &[u8], params: &Params) -> Result<Self, StateError> {
        State::first_without(program, prompt, params, &[])
    }

    /// The same with these slots, by place, left empty: nobody may look at them.
    pub(crate) fn first_without(
        program: &Program,
        prompt: &[u8],
        params: &Params,
        unseen: &[usize],
    ) -> Result<Self, StateError> {
        let limit = program.header.max_prompt_bytes;
        if prompt.len() > limit as usize {
            return Err(StateError::PromptTooLong {
                got: prompt.len(),
                limit,
            });
        }
        let place = |index| {
            program
                .slot_place(index)
                .expect("a header names slots that there are")
        };
        let mut slots: Vec<Vec<u32>> = program
            .slots
            .iter()
            .enumerate()
            .map(|(place, slot)| match unseen.contains(&place) {
                true => Vec::new(),
                false => vec![0; slot.words()],
            })
            .collect();
        write_bytes(&mut slots[place(program.header.prompt_slot)], prompt);
        let control = place(program.header.control_slot);
        let first = Control::first(prompt.len() as u32, params);
        slots[control][..CONTROL_WORDS].copy_from_slice(&first.encode());
        Ok(State { slots, control })
    }

    /// Bytes of all slots.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.iter().map(|slot| slot.len() * 4).sum()
    }

    /// The words of the slot at `place` of [`Program::slots`].
    pub fn slot(&self, place: usize) -> &[u32] {
        &self.slots[place]
    }

    /// The same, to be written.
    pub fn slot_mut(&mut self, place: usize) -> &mut [u32] {
        &mut self.slots[place]
    }

    /// The control slot.
    pub fn control(&self) -> Control {
        Control::decode(self.control_words())
    }

    /// The control slot's words.
    pub fn control_words(&self) -> &[u32; CONTROL_WORDS] {
        self.slots[self.control]
            .first_chunk()
            .expect("the control slot has a chunk")
    }

    /// Sets a range of a slot's words to zero.
    pub fn clear(&mut self, place: usize, words: Range<usize>) {
        self.slots[place][words].fill(0);
    }
}

/// Copies bytes into the front of little-endian words.
fn write_bytes(words: &mut [u32], bytes: &[u8]) {
    bytemuck::cast_slice_mut::<u32, u8>(words)[..bytes.len()].copy_from_slice(bytes);
}
