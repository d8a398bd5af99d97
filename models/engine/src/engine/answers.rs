//! Requests answered: in batches where program and executor allow that, else node by node. The answers are the same bits.

use super::{Engine, Outcome};
use crate::StateError;
use crate::batch::flow::{self, Checked};
use crate::scores::Piece;
use gavel_primitives::Params;

impl Engine {
    /// Answers a request. `on_token` is told of every token generated, as it comes.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer(
        &self,
        prompt: &[u8],
        params: &Params,
        mut on_token: impl FnMut(u32),
    ) -> Result<Outcome, StateError> {
        self.follow(prompt, params, None, &mut |piece| on_token(piece.token))
    }

    /// The same, with the scores of every token and of the `top` most probable ones at its place.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn answer_scored(
        &self,
        prompt: &[u8],
        params: &Params,
        top: u32,
        mut on_piece: impl FnMut(Piece),
    ) -> Result<Outcome, StateError> {
        self.follow(prompt, params, Some(top), &mut on_piece)
    }

    fn follow(
        &self,
        prompt: &[u8],
        params: &Params,
        scored: Option<u32>,
        on_piece: &mut dyn FnMut(Piece),
    ) -> Result<Outcome, StateError> {
        let Some(mut session) = self.session() else {
            return self.follow_by_nodes(prompt, params, scored, on_piece);
        };
        let checked = flow::answer(self, &mut session, prompt, params, &[], scored, on_piece);
        Ok(checked?.outcome)
    }

    /// Answers a request along the tokens that somebody says it has: as long as they are right they are computed in batches, and what
    /// comes after the first wrong one is computed as ever.
    ///
    /// # Errors
    /// [`StateError`] when the request can't start.
    pub fn check(
        &self,
        prompt: &[u8],
        params: &Params,
        tokens: &[u32],
    ) -> Result<Checked, StateError> {
        if let Some(mut session) = self.session() {
            return flow::answer(
                self,
                &mut session,
                prompt,
                params,
                tokens,
                None,
                &mut |_| {},
            );
        }
        let outcome = self.answer_by_nodes(prompt, params, |_| {})?;
        let same = outcome
            .tokens
            .iter()
            .zip(tokens)
            .take_while(|(a, b)| a == b);
        Ok(Checked {
            agreed: same.count(),
            passes: outcome.steps as usize,
            outcome,
        })
    }
}
