//! A machine that lies: one store of its run goes wrong, everything after it is honest.

use crate::memory::Context;
use crate::run::Runner;
use crate::state::Machine;

/// One wrong store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultyStore {
    /// The first store made by this step or a later one is the wrong one (0 is the step from the first state).
    pub at_step: u64,
    /// Flipped in the word around the stored bytes, after the store.
    pub xor: u32,
}

/// Runs with one wrong store; else as [`crate::run()`].
pub fn run_faulty(
    context: &Context<'_>,
    first: &Machine,
    max_steps: u64,
    fault: FaultyStore,
) -> Machine {
    let mut course = Course::new(Runner::new(context, first), Some(fault));
    course.advance(max_steps);
    course.snapshot()
}

/// A run with a possible fault ahead.
pub(super) struct Course<'a> {
    runner: Runner<'a>,
    /// Transitions since the first state.
    made: u64,
    ahead: Option<FaultyStore>,
    struck: Option<FaultyStore>,
}

impl<'a> Course<'a> {
    pub(super) fn new(runner: Runner<'a>, fault: Option<FaultyStore>) -> Self {
        Course::later(runner, 0, fault)
    }

    /// From a state `made` transitions after the first; a fault known to lie before it is past.
    pub(super) fn later(runner: Runner<'a>, made: u64, fault: Option<FaultyStore>) -> Self {
        Course {
            runner,
            made,
            ahead: fault.filter(|fault| fault.at_step >= made),
            struck: None,
        }
    }

    pub(super) fn made(&self) -> u64 {
        self.made
    }

    pub(super) fn runner(&self) -> &Runner<'a> {
        &self.runner
    }

    /// The fault as it happened.
    pub(super) fn struck(&self) -> Option<FaultyStore> {
        self.struck
    }

    pub(super) fn snapshot(&mut self) -> Machine {
        self.runner.snapshot()
    }

    /// Makes up to `count` transitions, fewer only if the machine exits.
    pub(super) fn advance(&mut self, count: u64) {
        let end = self.made + count;
        if let Some(fault) = self.ahead {
            let before = fault.at_step.min(end).saturating_sub(self.made);
            self.made += self.runner.advance(before);
        }
        while self.ahead.is_some() && self.made < end && !self.runner.registers().exited() {
            self.step();
        }
        self.made += self.runner.advance(end - self.made);
    }

    /// One transition; gives the offset of the word that it stored to, if it stored.
    pub(super) fn step(&mut self) -> Option<u32> {
        let stored = self.runner.advance_noting_store();
        if let (Some(offset), Some(fault)) = (
            stored,
            self.ahead.filter(|fault| fault.at_step <= self.made),
        ) {
            self.runner.flip(offset, fault.xor);
            self.struck = Some(FaultyStore {
                at_step: self.made,
                ..fault
            });
            self.ahead = None;
        }
        self.made += 1;
        stored
    }
}
