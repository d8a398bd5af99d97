//! Where in a program its answer is made: of tokens, or in one step.

use gavel_engine::Outcome;
use gavel_primitives::Status;
use gavel_program::{Op, Program};

/// The nodes that a liar works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anatomy {
    /// Writes the numbers of which the answer is made.
    pub(crate) head: usize,
    /// Writes the answer.
    pub(crate) answer: usize,
    /// Writes the control slot.
    pub(crate) last: usize,
    /// Whether the answer is one of tokens, printed in a step of its own.
    has_tokens: bool,
}

impl Anatomy {
    /// The nodes of a checked program.
    ///
    /// # Panics
    /// If it has neither a sampler nor a reply, or nobody writes what that reads.
    pub(crate) fn of(program: &Program) -> Self {
        let nodes = &program.nodes;
        let place = |wanted: fn(&Op) -> bool| nodes.iter().position(|node| wanted(&node.op));
        let sampler = place(|op| matches!(op, Op::Sample(_)));
        let reader = sampler.or_else(|| place(|op| matches!(op, Op::Reply(_))));
        let reader = reader.expect("a program samples or replies");
        let numbers = nodes[reader].inputs()[0].code();
        let head = nodes[..reader]
            .iter()
            .rposition(|node| node.output == numbers && !matches!(node.op, Op::Penalize(_)));
        Anatomy {
            head: head.expect("somebody writes the numbers"),
            answer: place(|op| matches!(op, Op::Detokenize(_))).unwrap_or(reader),
            last: nodes.len() - 1,
            has_tokens: sampler.is_some(),
        }
    }

    /// Whether the head had a say in this outcome.
    pub(crate) fn head_ran(&self, outcome: &Outcome) -> bool {
        match self.has_tokens {
            // The prompt's tokens, a step that generates, the text.
            true => outcome.steps >= 3,
            false => outcome.status == Status::Stop,
        }
    }

    /// The step that ran it last: the one before the text's, or the only one.
    pub(crate) fn head_step(&self, outcome: &Outcome) -> u64 {
        outcome.steps - if self.has_tokens { 2 } else { 1 }
    }
}
