//! Where a batch's tensors lie, and who computes on them.

use super::plan::{Buffer, Plan, Stage};
use crate::Call;
use gavel_program::{Control, Program};
use std::sync::Arc;

/// A position of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The sequence, as [`Workshop::open`] names it.
    pub sequence: usize,
    /// The token at this position.
    pub token: u32,
    /// Whether a token is chosen here.
    pub head: bool,
    /// The control slot of this position's step.
    pub control: Control,
    /// How many tokens' scores are wanted beside that of the chosen one; none if no scores are.
    pub scored: Option<u32>,
}

impl Row {
    /// The position.
    pub fn position(&self) -> usize {
        self.control.position as usize
    }
}

/// A program's weights, made ready for batches. Made once, used by many.
pub trait Prepared: Send + Sync {
    /// Memory for batches of at most `rows` rows.
    fn workshop(&self, rows: usize) -> Box<dyn Workshop + '_>;

    /// Computes one node as [`Executor::run`](crate::Executor::run) does, where prepared weights make that faster; else `false`, with `out`
    /// as it was.
    fn run(&self, _call: &Call<'_>, _out: &mut [u32]) -> bool {
        false
    }
}

/// A batch's tensors: a row of each buffer for each row of the batch, and the caches of each sequence.
pub trait Workshop: Send {
    /// A new sequence with room for so many positions; `None` if there is no memory for it now.
    fn open(&mut self, positions: usize) -> Option<usize>;

    /// Forgets a sequence.
    fn close(&mut self, sequence: usize);

    /// Copies the first positions of a sequence's caches into another one's. Both have room for them.
    fn copy(&mut self, from: usize, to: usize, positions: usize);

    /// Runs a stage for these rows. Rows of one sequence are in order of their positions; `tokens` are those of each sequence, up to the
    /// position of its last row at least. A sampler puts its tokens into `chosen`.
    fn run(&mut self, stage: &Stage, rows: &[Row], tokens: &[Vec<u32>], chosen: &mut Vec<u32>);

    /// The words of a row of a buffer.
    fn words(&mut self, buffer: Buffer, row: usize) -> Vec<u32>;

    /// Keeps these rows of a buffer alone, in this order; they rise.
    fn keep(&mut self, buffer: Buffer, rows: &[usize]);
}

/// A program with its plan: what an executor prepares.
#[derive(Clone)]
pub struct Planned {
    /// The program.
    pub program: Arc<Program>,
    /// Its stages.
    pub plan: Arc<Plan>,
}
