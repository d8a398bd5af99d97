//! A request answered node by node, as it is defined: what batches are held against.

use super::{Engine, Outcome};
use crate::StateError;
use crate::scores::{Piece, Scores};
use bytemuck::cast_slice;
use gavel_primitives::Params;
use gavel_program::{Control, Op};

impl Engine {
    /// Answers a request node by node. `on_token` is told of every token generated, as it comes.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer_by_nodes(
        &self,
        prompt: &[u8],
        params: &Params,
        mut on_token: impl FnMut(u32),
    ) -> Result<Outcome, StateError> {
        self.follow_by_nodes(prompt, params, None, &mut |piece| on_token(piece.token))
    }

    /// The same, with the scores of every token and of the `scored` most probable ones at its place, if they are wanted.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub(crate) fn follow_by_nodes(
        &self,
        prompt: &[u8],
        params: &Params,
        scored: Option<u32>,
        on_piece: &mut dyn FnMut(Piece),
    ) -> Result<Outcome, StateError> {
        let mut state = self.spare.first(&self.program, prompt, params)?;
        let mut steps = 0;
        while self.goes_on(&state, steps) {
            let before = state.control();
            let mut logits = None;
            for k in 0..self.program.nodes.len() {
                if scored.is_some() && self.chooses(k, &before) {
                    logits.get_or_insert_with(|| self.inputs(k, &state)[0].to_vec());
                }
                self.run_node(k, &mut state);
            }
            self.end_step(&mut state);
            steps += 1;
            let after = state.control();
            if after.tokens_out > before.tokens_out {
                let token = self.token(&state, after.prompt_tokens + after.tokens_out - 1);
                let logits = logits.unwrap_or_default();
                let scores = scored.map(|top| self.scores(&logits, token, top));
                on_piece(Piece { token, scores });
            }
        }
        let outcome = self.outcome(&state, steps);
        self.spare.put(state);
        Ok(outcome)
    }

    /// Whether node `k` runs in such a step, and makes a choice of logits: the first one that does reads them as the model gives them.
    fn chooses(&self, k: usize, control: &Control) -> bool {
        let node = &self.program.nodes[k];
        let runs = node.predicate & control.phase().bit() != 0;
        runs && matches!(node.op, Op::Penalize(_) | Op::Sample(_))
    }

    /// The scores of a token and of the `top` most probable ones, from the words of the logits.
    fn scores(&self, logits: &[u32], token: u32, top: u32) -> Scores {
        let numbers = &cast_slice(logits)[..self.vocabulary()];
        Scores::of(numbers, token, top as usize)
    }

    /// Tokens that the sampler chooses from, 0 where there is none.
    fn vocabulary(&self) -> usize {
        let sampled = self.program.nodes.iter().find_map(|node| match &node.op {
            Op::Sample(p) => Some(p.vocab as usize),
            _ => None,
        });
        sampled.unwrap_or(0)
    }
}
