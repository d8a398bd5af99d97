//! Parameters of a step's last nodes, which move a request on or end it.

use super::word::{Word, params};

/// What a one-step program measures a request by.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The prompt's bytes.
    Bytes = 0,
    /// Element 0 of the node's last input, I32\[64\]: the prompt's tokens.
    Count = 1,
}

impl Word for Measure {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Measure::Bytes),
            1 => Some(Measure::Count),
            _ => None,
        }
    }
}

params! {
    /// The step's last node: moves the request on. Inputs: count I32\[64\] (word 0: prompt tokens in the tokenize phase, the text's end in
    /// the generate phase as [`FindStop`](super::FindStop) gives it, output bytes in the detokenize phase), tokens I32\[tokens_capacity\]. Output: the control slot.
    Advance {
        /// Positions of the context.
        context: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the output slot.
        output_capacity: u32,
        /// Number of end tokens, at most 4.
        eos_count: u32,
        /// End tokens.
        eos0: u32,
        /// End tokens.
        eos1: u32,
        /// End tokens.
        eos2: u32,
        /// End tokens.
        eos3: u32,
    }
}

params! {
    /// How a one-step program answers. [`Op::Reply`](super::Op::Reply) writes the answer's bytes U8[4 * len (+ 4)]: inputs x F32\[len\], and count I32\[64\] if
    /// that is the measure. [`Op::Finish`](super::Op::Finish), the step's last node, ends the request: input count, if that is the measure. Output: the control
    /// slot.
    Reply {
        /// Numbers of the answer, 4 bytes each.
        len: u32,
        /// The least measure that is answered.
        least: u32,
        /// The most.
        most: u32,
        /// What is measured.
        measure: Measure,
        /// Whether the index of the first of the largest numbers comes after them, as 4 bytes.
        class: bool,
    }
}
