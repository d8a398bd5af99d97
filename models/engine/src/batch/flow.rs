//! A request from its first step to its last, with its layers in batches.

use super::session::{MOST_ROWS, Session};
use super::workshop::Row;
use crate::{Engine, Outcome, Piece, Scores, State, StateError};
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
    scored: Option<u32>,
    on_piece: &mut dyn FnMut(Piece),
) -> Result<Checked, StateError> {
    let mut flow = Flow::start(engine, prompt, params, draft, scored)?;
    let sequence = session.open();
    let mut rows = Vec::with_capacity(MOST_ROWS);
    let mut chosen = Vec::with_capacity(MOST_ROWS);
    let mut passes = 0;
    while let Some(phase) = flow.phase() {
        match phase {
            Phase::Prefill | Phase::Generate => {
                rows.clear();
                flow.plan_rows(sequence, MOST_ROWS, &mut rows);
                session.forward(&rows, &mut chosen);
                passes += 1;
                flow.accept(&rows, &chosen, session.scores(), on_piece);
            }
            _ => flow.step(),
        }
    }
    session.close(sequence);
    Ok(Checked {
        outcome: flow.outcome(),
        agreed: flow.agreed,
        passes,
    })
}

/// A request under way. Who drives it computes the rows that it plans, together with others' if there are any.
pub(crate) struct Flow<'a> {
    engine: &'a Engine,
    state: State,
    steps: u64,
    draft: &'a [u32],
    /// As [`Row::scored`].
    scored: Option<u32>,
    agreed: usize,
    /// Positions whose layers were computed, for the tokens that the state has.
    computed: u32,
}

impl<'a> Flow<'a> {
    /// A request before its first step.
    ///
    /// # Errors
    /// [`StateError`] when it can't start.
    pub(crate) fn start(
        engine: &'a Engine,
        prompt: &[u8],
        params: &Params,
        draft: &'a [u32],
        scored: Option<u32>,
    ) -> Result<Self, StateError> {
        Ok(Flow {
            state: engine.first_state(prompt, params)?,
            engine,
            steps: 0,
            draft,
            scored,
            agreed: 0,
            computed: 0,
        })
    }

    /// The phase of the next step, if there is one.
    pub(crate) fn phase(&self) -> Option<Phase> {
        let goes_on = self.engine.goes_on(&self.state, self.steps);
        goes_on.then(|| self.state.control().phase())
    }

    /// Whether the next step is one with layers.
    pub(crate) fn has_layers(&self) -> bool {
        matches!(self.phase(), Some(Phase::Prefill | Phase::Generate))
    }

    /// Whether the next step chooses a token.
    pub(crate) fn generates(&self) -> bool {
        self.phase() == Some(Phase::Generate)
    }

    /// A step as it is defined, node by node.
    pub(crate) fn step(&mut self) {
        self.engine.run_step(&mut self.state, |_, _, _| {});
        self.engine.end_step(&mut self.state);
        self.steps += 1;
    }

    /// The outcome, once there is no step left.
    pub(crate) fn outcome(&self) -> Outcome {
        self.engine.outcome(&self.state, self.steps)
    }

    /// Positions that the layers may be computed for, once the prompt's tokens are known.
    pub(crate) fn positions(&self) -> usize {
        let control = self.state.control();
        let last = control.prompt_tokens.saturating_add(control.max_tokens);
        last.clamp(1, self.engine.program().header.context) as usize
    }

    /// The prompt's tokens but the last, whose step chooses a token already.
    pub(crate) fn prefilled(&self) -> &[u32] {
        let count = self.state.control().prompt_tokens.saturating_sub(1);
        self.tokens(count)
    }

    /// The tokens of the positions whose layers were computed.
    pub(crate) fn computed(&self) -> &[u32] {
        self.tokens(self.computed)
    }

    fn tokens(&self, count: u32) -> &[u32] {
        let tokens = self.engine.tokens(&self.state);
        &tokens[..tokens.len().min(count as usize)]
    }

    /// Goes past the first steps of the prompt, whose layers another sequence has computed for the same tokens.
    pub(crate) fn skip(&mut self, positions: usize) {
        for _ in 0..positions {
            self.engine.advance(&mut self.state);
            self.steps += 1;
            self.computed += 1;
        }
    }

    /// Moves on along its rows of a batch that was computed; `chosen` are the tokens that these rows chose, with their scores.
    pub(crate) fn accept(
        &mut self,
        rows: &[Row],
        chosen: &[u32],
        scores: &[Option<Scores>],
        on_piece: &mut dyn FnMut(Piece),
    ) {
        let mut chosen = chosen.iter().copied().zip(scores);
        for (at, row) in rows.iter().enumerate() {
            let (token, scores) = match if row.head { chosen.next() } else { None } {
                Some((token, scores)) => (Some(token), scores.as_ref()),
                None => (None, None),
            };
            if let Some(token) = token {
                *self.engine.token_mut(&mut self.state, row.position() + 1) = token;
            }
            let before = self.state.control();
            self.engine.advance(&mut self.state);
            self.steps += 1;
            self.computed += 1;
            let after = self.state.control();
            if let (Some(token), true) = (token, after.tokens_out > before.tokens_out) {
                let scores = scores.cloned();
                on_piece(Piece { token, scores });
                let on_track = self.agreed == before.tokens_out as usize;
                if on_track && self.drafted(&before) == Some(token) {
                    self.agreed += 1;
                }
            }
            // What follows was computed for another token than the one that was chosen, or comes after the end.
            let goes_on = after.phase() == Phase::Generate || after.phase() == Phase::Prefill;
            let next = rows.get(at + 1);
            let expected = next.is_some_and(|next| token.is_none_or(|token| token == next.token));
            if !goes_on || !expected {
                break;
            }
        }
    }

    /// Adds the rows that the control slot's step and known tokens allow, at most `most`.
    pub(crate) fn plan_rows(&self, sequence: usize, most: usize, rows: &mut Vec<Row>) {
        let first = rows.len();
        let header = &self.engine.program().header;
        let left = (header.steps() - self.steps).min(most as u64) as usize;
        let mut control = self.state.control();
        let on_track = self.agreed == control.tokens_out as usize;
        while rows.len() - first < left && control.position < header.context {
            let head = control.phase() == Phase::Generate;
            let known = match rows[first..].last() {
                Some(before) if before.head && !on_track => None,
                Some(before) if before.head => self.drafted(&before.control),
                _ => Some(self.engine.token(&self.state, control.position)),
            };
            let Some(token) = known else { return };
            rows.push(Row {
                sequence,
                token,
                head,
                control,
                scored: self.scored,
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
