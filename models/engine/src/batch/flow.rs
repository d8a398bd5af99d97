//! A request from its first step to its last, with its layers in batches.

use super::session::{MOST_ROWS, Session};
use super::workshop::Row;
use crate::{Engine, Outcome, State, StateError};
use gavel_primitives::Params;
use gavel_program::{Control, Phase};

/// How a request was answered along a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The true outcome.
    pub outcome: Outcome,
    /// Tokens of the draft that are right: the first one that differs is at this index, if there is one.
    pub agreed: usize,
    /// Batches that it took.
    pub passes: usize,
}

/// Answers a request. `draft` are tokens that the answer may begin with: as long as they are right they are computed in batches.
///
/// # Errors
/// [`StateError`] when the request can't start.
pub(crate) fn answer(
    engine: &Engine,
    session: &mut Session<'_>,
    prompt: &[u8],
    params: &Params,
    draft: &[u32],
    on_token: &mut dyn FnMut(u32),
) -> Result<Checked, StateError> {
    let state = State::first(engine.program(), prompt, params)?;
    let sequence = session.open();
    let mut flow = Flow {
        engine,
        state,
        steps: 0,
        draft,
        agreed: 0,
        passes: 0,
        rows: Vec::with_capacity(MOST_ROWS),
        chosen: Vec::with_capacity(MOST_ROWS),
    };
    while let Some(phase) = flow.phase() {
        match phase {
            Phase::Prefill | Phase::Generate => flow.batch(session, sequence, on_token),
            _ => flow.step(),
        }
    }
    session.close(sequence);
    Ok(Checked {
        outcome: engine.outcome(&flow.state, flow.steps),
        agreed: flow.agreed,
        passes: flow.passes,
    })
}

struct Flow<'a> {
    engine: &'a Engine,
    state: State,
    steps: u64,
    draft: &'a [u32],
    agreed: usize,
    passes: usize,
    rows: Vec<Row>,
    chosen: Vec<u32>,
}

impl Flow<'_> {
    /// The phase of the next step, if there is one.
    fn phase(&self) -> Option<Phase> {
        let control = self.state.control();
        let left = self.steps < self.engine.program().header.steps();
        (left && !control.is_done()).then(|| control.phase())
    }

    /// A step as it is defined, node by node.
    fn step(&mut self) {
        self.engine.run_step(&mut self.state, |_, _, _| {});
        self.engine.end_step(&mut self.state);
        self.steps += 1;
    }

    /// Steps whose tokens are known, and those of the draft, in one batch.
    fn batch(&mut self, session: &mut Session<'_>, sequence: usize, on_token: &mut dyn FnMut(u32)) {
        self.plan_rows(sequence);
        session.forward(&self.rows, &mut self.chosen);
        self.passes += 1;
        let mut chosen = 0;
        for at in 0..self.rows.len() {
            let row = self.rows[at];
            if row.head {
                *self.engine.token_mut(&mut self.state, row.position() + 1) = self.chosen[chosen];
                chosen += 1;
            }
            let before = self.state.control();
            self.engine.advance(&mut self.state);
            self.steps += 1;
            let after = self.state.control();
            if after.tokens_out > before.tokens_out {
                let token = self.chosen[chosen - 1];
                on_token(token);
                let on_track = self.agreed == before.tokens_out as usize;
                if on_track && self.drafted(&before) == Some(token) {
                    self.agreed += 1;
                }
            }
            // What follows was computed for another token than the one that was chosen, or comes after the end.
            let goes_on = after.phase() == Phase::Generate || after.phase() == Phase::Prefill;
            let next = self.rows.get(at + 1);
            let expected =
                next.is_some_and(|next| !row.head || self.chosen[chosen - 1] == next.token);
            if !goes_on || !expected {
                break;
            }
        }
    }

    /// The rows that the control slot's step and known tokens allow.
    fn plan_rows(&mut self, sequence: usize) {
        self.rows.clear();
        let header = &self.engine.program().header;
        let left = (header.steps() - self.steps).min(MOST_ROWS as u64) as usize;
        let mut control = self.state.control();
        let on_track = self.agreed == control.tokens_out as usize;
        while self.rows.len() < left && control.position < header.context {
            let head = control.phase() == Phase::Generate;
            let known = match self.rows.last() {
                Some(before) if before.head && !on_track => None,
                Some(before) if before.head => self.drafted(&before.control),
                _ => Some(self.engine.token(&self.state, control.position)),
            };
            let Some(token) = known else { return };
            self.rows.push(Row {
                sequence,
                token,
                head,
                control,
            });
            control.position += 1;
            if head {
                control.tokens_out += 1;
            } else if control.position + 1 == control.prompt_tokens {
                control.phase = Phase::Generate as u32;
            }
        }
    }

    /// What the draft has in the place of the token that a step with this control chooses.
    fn drafted(&self, control: &Control) -> Option<u32> {
        self.draft.get(control.tokens_out as usize).copied()
    }
}
