//! The slots of one request under way.

use crate::env::{LEAF_WORDS, leaves_of};
use gavel_primitives::{Hash, Params};
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
#[derive(Debug)]
pub struct State {
    slots: Vec<Vec<u32>>,
    /// Of each slot how many words from the first on may be other than zero.
    written: Vec<usize>,
    control: usize,
}

/// What was never written costs neither time nor memory.
impl Clone for State {
    fn clone(&self) -> Self {
        let slots = self.slots.iter().zip(&self.written);
        let slots = slots.map(|(slot, written)| {
            let mut copy = vec![0; slot.len()];
            copy[..*written].copy_from_slice(&slot[..*written]);
            copy
        });
        State {
            slots: slots.collect(),
            written: self.written.clone(),
            control: self.control,
        }
    }
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
        let slots: Vec<Vec<u32>> = program
            .slots
            .iter()
            .enumerate()
            .map(|(place, slot)| match unseen.contains(&place) {
                true => Vec::new(),
                false => vec![0; slot.words()],
            })
            .collect();
        let control = place(program, program.header.control_slot);
        let state = State {
            written: vec![0; slots.len()],
            slots,
            control,
        };
        state.begun(program, prompt, params)
    }

    /// A state of zeros with prompt and control slot set.
    ///
    /// # Errors
    /// As [`State::first`].
    pub(crate) fn begun(
        mut self,
        program: &Program,
        prompt: &[u8],
        params: &Params,
    ) -> Result<Self, StateError> {
        let limit = program.header.max_prompt_bytes;
        if prompt.len() > limit as usize {
            return Err(StateError::PromptTooLong {
                got: prompt.len(),
                limit,
            });
        }
        let slot = place(program, program.header.prompt_slot);
        write_bytes(&mut self.slots[slot], prompt);
        let first = Control::first(prompt.len() as u32, params);
        self.slots[self.control][..CONTROL_WORDS].copy_from_slice(&first.encode());
        for place in [slot, self.control] {
            self.written[place] = self.slots[place].len();
        }
        Ok(self)
    }

    /// Sets every slot to zero.
    pub(crate) fn clear_all(&mut self) {
        (0..self.slots.len()).for_each(|place| self.clear(place));
    }

    /// Words of all slots.
    pub(crate) fn words(&self) -> usize {
        self.slots.iter().map(Vec::len).sum()
    }

    /// Bytes that may be other than zero.
    pub(crate) fn bytes(&self) -> usize {
        self.written.iter().sum::<usize>() * 4
    }

    /// The leaves of the slot at `place` that may be other than zero: whole ones, from the first on.
    pub(crate) fn leaves(&self, place: usize) -> &[Hash] {
        leaves_of(&self.slots[place][..self.written[place].next_multiple_of(LEAF_WORDS)])
    }

    /// The words of the slot at `place` of [`Program::slots`].
    pub fn slot(&self, place: usize) -> &[u32] {
        &self.slots[place]
    }

    /// The same, to be written.
    pub fn slot_mut(&mut self, place: usize) -> &mut [u32] {
        self.written[place] = self.slots[place].len();
        &mut self.slots[place]
    }

    /// Takes a slot out, so that these words of it can be written while the others are read; [`State::put_back`] must follow.
    pub(crate) fn take_out(&mut self, place: usize, words: &Range<usize>) -> Vec<u32> {
        self.written[place] = self.written[place].max(words.end);
        std::mem::take(&mut self.slots[place])
    }

    /// Puts a slot back.
    pub(crate) fn put_back(&mut self, place: usize, slot: Vec<u32>) {
        self.slots[place] = slot;
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

    /// Sets a slot to zero.
    pub(crate) fn clear(&mut self, place: usize) {
        self.slots[place][..self.written[place]].fill(0);
        self.written[place] = 0;
    }
}

/// Place of a slot that the header names.
fn place(program: &Program, index: u32) -> usize {
    program
        .slot_place(index)
        .expect("a header names slots that there are")
}

/// Copies bytes into the front of little-endian words.
fn write_bytes(words: &mut [u32], bytes: &[u8]) {
    bytemuck::cast_slice_mut::<u32, u8>(words)[..bytes.len()].copy_from_slice(bytes);
}
