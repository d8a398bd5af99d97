//! Who computes answers.

use gavel_chain::rollup::InboxRequest;
use gavel_engine::{
    Capacity, CapacityError, Engine, Heard, Outcome, Piece, Service, ServiceError, StateError,
};
use gavel_primitives::Params;
use gavel_program::Program;
use std::sync::Arc;
use thiserror::Error;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum AnswersError {
    /// The program takes no such request: it gets a defined result, with an empty answer.
    #[error("the program refuses the request")]
    Refused(#[from] StateError),
    /// The computation failed here; it is tried again.
    #[error("the computation failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Answers requests of one program. Calls block and may take long.
pub trait Answers: Send + Sync {
    /// The program.
    fn program(&self) -> &Program;

    /// What a prompt gives, outside any request.
    ///
    /// # Errors
    /// [`AnswersError`].
    fn complete(&self, prompt: &[u8], params: &Params) -> Result<Outcome, AnswersError>;

    /// The same. `on_piece` is told of every token as it comes, with its score and those of `scored` others if that is asked for. Who knows
    /// of no token before the end tells them all then, without scores.
    ///
    /// # Errors
    /// [`AnswersError`].
    fn follow(
        &self,
        prompt: &[u8],
        params: &Params,
        _scored: Option<u32>,
        on_piece: &mut dyn FnMut(Piece),
    ) -> Result<Outcome, AnswersError> {
        let outcome = self.complete(prompt, params)?;
        let pieces = outcome.tokens.iter().map(|token| Piece {
            token: *token,
            scores: None,
        });
        pieces.for_each(on_piece);
        Ok(outcome)
    }

    /// The answer to a request of the inbox.
    ///
    /// # Errors
    /// [`AnswersError`].
    fn answer(&self, asked: &InboxRequest) -> Result<Outcome, AnswersError> {
        self.complete(&asked.prompt, &asked.request.params)
    }
}

/// The engine's answers: those of all callers are computed together.
pub struct EngineAnswers {
    engine: Arc<Engine>,
    service: Service,
}

impl EngineAnswers {
    /// Answers of an engine, computed in the global thread pool, or in `pool` if one is given.
    ///
    /// # Errors
    /// [`CapacityError`].
    pub fn new(
        engine: Arc<Engine>,
        pool: Option<rayon::ThreadPool>,
        capacity: Capacity,
    ) -> Result<Self, CapacityError> {
        Ok(EngineAnswers {
            service: Service::start(Arc::clone(&engine), pool, capacity)?,
            engine,
        })
    }
}

impl Answers for EngineAnswers {
    fn program(&self) -> &Program {
        self.engine.program()
    }

    fn complete(&self, prompt: &[u8], params: &Params) -> Result<Outcome, AnswersError> {
        self.follow(prompt, params, None, &mut |_| {})
    }

    fn follow(
        &self,
        prompt: &[u8],
        params: &Params,
        scored: Option<u32>,
        on_piece: &mut dyn FnMut(Piece),
    ) -> Result<Outcome, AnswersError> {
        let mut answering = self.service.ask_scored(prompt, params, scored);
        loop {
            match answering.hear() {
                Heard::Token(piece) => on_piece(piece),
                Heard::Ended(outcome) => {
                    return outcome.map_err(|error| match error {
                        ServiceError::Refused(refusal) => refusal.into(),
                        other => AnswersError::Failed(Box::new(other)),
                    });
                }
            }
        }
    }
}
