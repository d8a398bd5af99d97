//! Answers that lie.

use gavel_adversaries::Liar;
use gavel_chain::rollup::InboxRequest;
use gavel_engine::{Engine, Outcome};
use gavel_primitives::Params;
use gavel_program::Program;
use gavel_sequencer::{Answers, AnswersError};
use gavel_traces::{Data, KnownRequest};
use std::sync::Arc;

/// What a liar's sequencer answers with: its own library.
pub(crate) struct LyingAnswers {
    pub(crate) engine: Arc<Engine>,
    pub(crate) liar: Arc<Liar>,
}

impl Answers for LyingAnswers {
    fn program(&self) -> &Program {
        self.engine.program()
    }

    fn complete(&self, prompt: &[u8], params: &Params) -> Result<Outcome, AnswersError> {
        Ok(self.engine.answer(prompt, params, |_| {})?)
    }

    fn answer(&self, asked: &InboxRequest) -> Result<Outcome, AnswersError> {
        let known = KnownRequest {
            request: asked.request.clone(),
            prompt: asked.prompt.clone(),
        };
        let id = known.request.id();
        self.liar.library().add_request(known);
        let outcome = self
            .liar
            .library()
            .outcome(id)
            .map_err(|cause| AnswersError::Failed(Box::new(cause)))?;
        Ok((*outcome).clone())
    }
}
