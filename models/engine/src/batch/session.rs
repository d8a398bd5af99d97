//! Sequences under way, and batches of their positions.

use super::plan::Plan;
use super::workshop::{Row, Workshop};

/// Most rows of a batch: enough that weights are read once for many, few enough that what lies between two stages stays near.
pub const MOST_ROWS: usize = 128;

/// Sequences with their caches.
pub struct Session<'a> {
    plan: &'a Plan,
    workshop: Box<dyn Workshop + 'a>,
    /// Kept between batches, so that a batch allocates nothing.
    heads: Vec<usize>,
    choosing: Vec<Row>,
}

impl<'a> Session<'a> {
    /// No sequence yet.
    pub fn new(plan: &'a Plan, workshop: Box<dyn Workshop + 'a>) -> Self {
        Session {
            plan,
            workshop,
            heads: Vec::new(),
            choosing: Vec::new(),
        }
    }

    /// A new sequence.
    pub fn open(&mut self) -> usize {
        self.workshop.open()
    }

    /// Forgets a sequence.
    pub fn close(&mut self, sequence: usize) {
        self.workshop.close(sequence);
    }

    /// Computes the layers for these rows, at most [`MOST_ROWS`], and the head for those that choose a token: their tokens, in order, are
    /// put into `chosen`. Rows of one sequence stand in order of their positions, and every position before the first of them was
    /// computed before, with the same tokens.
    ///
    /// # Panics
    /// If there are too many rows, or a position lies outside the context.
    pub fn forward(&mut self, rows: &[Row], chosen: &mut Vec<u32>) {
        assert!(
            rows.len() <= MOST_ROWS,
            "{} rows exceed a batch",
            rows.len()
        );
        assert!(
            rows.iter().all(|row| row.position() < self.plan.context),
            "a position lies outside the context"
        );
        chosen.clear();
        for stage in &self.plan.body {
            self.workshop.run(stage, rows, chosen);
        }
        self.heads.clear();
        self.heads
            .extend((0..rows.len()).filter(|row| rows[*row].head));
        if self.heads.is_empty() {
            return;
        }
        self.choosing.clear();
        self.choosing
            .extend(self.heads.iter().map(|row| rows[*row]));
        for buffer in &self.plan.handed {
            self.workshop.keep(*buffer, &self.heads);
        }
        for stage in &self.plan.head {
            self.workshop.run(stage, &self.choosing, chosen);
        }
    }
}
