//! Sequences under way, and batches of their positions.

use super::plan::{Plan, Stage};
use super::workshop::{Row, Workshop};
use crate::Scores;
use bytemuck::cast_slice;

/// Most rows of a batch: enough that weights are read once for many, few enough that what lies between two stages stays near.
pub const MOST_ROWS: usize = 128;

/// Sequences with their caches.
pub struct Session<'a> {
    plan: &'a Plan,
    workshop: Box<dyn Workshop + 'a>,
    /// Positions that each sequence has room for; 0 of one that is closed.
    positions: Vec<usize>,
    /// Tokens of each sequence's positions, as far as they were computed.
    tokens: Vec<Vec<u32>>,
    /// Kept between batches, so that a batch allocates nothing.
    heads: Vec<usize>,
    choosing: Vec<Row>,
    /// Of the last batch.
    scores: Vec<Option<Scores>>,
}

impl<'a> Session<'a> {
    /// No sequence yet.
    pub fn new(plan: &'a Plan, workshop: Box<dyn Workshop + 'a>) -> Self {
        Session {
            plan,
            workshop,
            positions: Vec::new(),
            tokens: Vec::new(),
            heads: Vec::new(),
            choosing: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// A new sequence with room for the whole context.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub fn open(&mut self) -> usize {
        let opened = self.open_for(self.plan.context);
        opened.expect("memory for a sequence")
    }

    /// A new sequence with room for so many positions, at least one; `None` if there is no memory for it now.
    pub fn open_for(&mut self, positions: usize) -> Option<usize> {
        let sequence = self.workshop.open(positions)?;
        if self.positions.len() <= sequence {
            self.positions.resize(sequence + 1, 0);
            self.tokens.resize(sequence + 1, Vec::new());
        }
        self.tokens[sequence].clear();
        self.positions[sequence] = positions;
        Some(sequence)
    }

    /// Bytes that a sequence with room for so many positions takes.
    pub fn cache_bytes(&self, positions: usize) -> usize {
        self.plan.cache_bytes(positions)
    }

    /// Forgets a sequence.
    pub fn close(&mut self, sequence: usize) {
        self.positions[sequence] = 0;
        self.workshop.close(sequence);
    }

    /// Takes the first positions of another sequence over, as if they had been computed here.
    ///
    /// # Panics
    /// If one of the two has no room for so many.
    pub fn copy(&mut self, from: usize, to: usize, positions: usize) {
        let room = self.positions[from].min(self.positions[to]);
        assert!(positions <= room, "{positions} positions, room for {room}");
        let copied = self.tokens[from][..positions].to_vec();
        self.tokens[to] = copied;
        self.workshop.copy(from, to, positions);
    }

    /// Computes the layers for these rows, at most [`MOST_ROWS`], and the head for those that choose a token: their tokens, in order, are
    /// put into `chosen`. Rows of one sequence stand in order of their positions, and every position before the first of them was
    /// computed before, with the same tokens.
    ///
    /// # Panics
    /// If there are too many rows, or a sequence has no room for a position.
    pub fn forward(&mut self, rows: &[Row], chosen: &mut Vec<u32>) {
        assert!(
            rows.len() <= MOST_ROWS,
            "{} rows exceed a batch",
            rows.len()
        );
        let has_room = |row: &Row| row.position() < self.positions[row.sequence];
        assert!(
            rows.iter().all(has_room),
            "a sequence has no room for a position"
        );
        chosen.clear();
        self.note_tokens(rows);
        for stage in &self.plan.body {
            self.workshop.run(stage, rows, &self.tokens, chosen);
        }
        self.heads.clear();
        self.scores.clear();
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
        let mut logits = Vec::new();
        for stage in &self.plan.head {
            if let Stage::Penalize { .. } | Stage::Sample { .. } = stage
                && logits.is_empty()
            {
                logits = self.scored_logits();
            }
            self.workshop
                .run(stage, &self.choosing, &self.tokens, chosen);
        }
        self.score(&logits, chosen);
    }

    /// The logits as the model gives them of the rows whose scores are wanted, in order.
    fn scored_logits(&mut self) -> Vec<Vec<u32>> {
        let (workshop, buffer) = (&mut self.workshop, self.plan.logits);
        let rows = self.choosing.iter().enumerate();
        rows.filter(|(_, row)| row.scored.is_some())
            .map(|(at, _)| workshop.words(buffer, at))
            .collect()
    }

    /// Notes the scores of the tokens that were chosen.
    fn score(&mut self, logits: &[Vec<u32>], chosen: &[u32]) {
        let mut logits = logits.iter();
        for (row, token) in self.choosing.iter().zip(chosen) {
            let scores = row.scored.and_then(|top| {
                let logits = cast_slice(logits.next()?);
                Some(Scores::of(logits, *token, top as usize))
            });
            self.scores.push(scores);
        }
    }

    /// Scores of the tokens that the last batch chose, where they were wanted.
    pub fn scores(&self) -> &[Option<Scores>] {
        &self.scores
    }

    /// Remembers the tokens of these rows. What was known past them belongs to another answer.
    fn note_tokens(&mut self, rows: &[Row]) {
        for row in rows {
            let tokens = &mut self.tokens[row.sequence];
            tokens.truncate(row.position());
            tokens.push(row.token);
        }
    }
}
