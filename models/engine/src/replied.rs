//! What a program of one step answers, for those who show it.

use crate::Outcome;
use gavel_program::{Op, Program};

/// Numbers of an answer, and the class where the program tells one.
#[derive(Clone, Debug, PartialEq)]
pub struct Replied {
    /// The numbers.
    pub numbers: Vec<f32>,
    /// Index of the first of the largest.
    pub class: Option<u32>,
}

/// The numbers of an answer; `None` for a program whose answers are texts, and for a request that was not answered.
pub fn replied(program: &Program, outcome: &Outcome) -> Option<Replied> {
    let reply = program.nodes.iter().find_map(|node| match node.op {
        Op::Reply(reply) => Some(reply),
        _ => None,
    })?;
    let (words, _) = outcome.output.as_chunks::<4>();
    let (numbers, class) = words.split_at_checked(reply.len as usize)?;
    let number = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
    Some(Replied {
        numbers: numbers.iter().map(number).collect(),
        class: class.first().map(|bytes| u32::from_le_bytes(*bytes)),
    })
}
