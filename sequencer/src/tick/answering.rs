//! Computing answers, oldest request first.

use super::Sequencer;
use crate::{Answers, AnswersError, Event, SequencerError, store::Answer};
use gavel_chain::rollup::{InboxRequest, LedgerBatch};
use gavel_engine::Outcome;
use gavel_primitives::{Hash, ResultCommitment, Status, zero_root};
use gavel_program::Program;
use std::{collections::HashMap, ops::Range, sync::Arc, time::Duration};
use tokio::{
    task::{self, JoinSet},
    time::{Instant, timeout_at},
};

/// Answers that are being computed, in passes after the one that began them if need be.
#[derive(Default)]
pub(super) struct Computing {
    tasks: JoinSet<Result<Answer, AnswersError>>,
    of: HashMap<task::Id, Hash>,
}

impl Computing {
    fn has(&self, id: Hash) -> bool {
        self.of.values().any(|of| *of == id)
    }

    fn begin(&mut self, asked: InboxRequest, answers: Arc<dyn Answers>) {
        let id = asked.id;
        let task = self.tasks.spawn_blocking(move || {
            let outcome = answers.answer(&asked);
            answer_of(asked.id, outcome, answers.program())
        });
        self.of.insert(task.id(), id);
    }

    /// Waits for the next one that ends; `None` if none is being computed.
    async fn next(&mut self) -> Option<(Hash, Result<Answer, String>)> {
        let (task, ended) = match self.tasks.join_next_with_id().await? {
            Ok((task, ended)) => (task, ended.map_err(|error| error.to_string())),
            Err(panic) => (panic.id(), Err(panic.to_string())),
        };
        let id = self.of.remove(&task).expect("every task has a request");
        Some((id, ended))
    }
}

impl Sequencer {
    /// Begins to compute what batches and the inbox wait for, as many at a time as are computed together and a batch more, and waits a
    /// while for what is being computed.
    pub(super) async fn answer_waiting(
        &mut self,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let most = self.config.concurrent + self.config.max_batch.max(1) as usize;
        for place in self.wanted() {
            if self.computing.of.len() >= most {
                break;
            }
            let id = self.ledger.entries()[place].asked.id;
            if self.computing.has(id) || self.recall(id).await? {
                continue;
            }
            let asked = self.ledger.entries()[place].asked.clone();
            if !asked.is_understood() {
                self.cant_tell(
                    id,
                    "its id is not that of the request as it is read here",
                    events,
                );
                continue;
            }
            self.computing.begin(asked, self.answers.clone());
        }
        self.gather(events).await
    }

    /// Takes the answers that end in time.
    async fn gather(&mut self, events: &mut Vec<Event>) -> Result<(), SequencerError> {
        let deadline = Instant::now() + Duration::from_millis(self.config.answer_wait_ms);
        while let Ok(Some((id, ended))) = timeout_at(deadline, self.computing.next()).await {
            match ended {
                Ok(answer) => self.keep(id, answer, events).await?,
                Err(cause) => self.cant_tell(id, &cause, events),
            }
        }
        Ok(())
    }

    /// Places of the requests whose answers are of use, in order: those in batches that ask for something, and those in none.
    fn wanted(&self) -> Range<usize> {
        let batches = &self.ledger.batches()[self.settled_batches..];
        let first = batches
            .first()
            .map_or(self.ledger.next_request(), |batch| batch.first);
        first as usize..self.ledger.entries().len()
    }

    /// Whether the answer to a request is at hand, or was kept earlier.
    async fn recall(&mut self, id: Hash) -> Result<bool, SequencerError> {
        if self.known.contains_key(&id) {
            return Ok(true);
        }
        let kept = self.stores.requests.answer(id).await?;
        Ok(match kept {
            Some(answer) => {
                self.known.insert(id, answer);
                true
            }
            None => false,
        })
    }

    async fn keep(
        &mut self,
        id: Hash,
        answer: Answer,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        self.stores.requests.put_answer(&answer).await?;
        events.push(Event::Answered {
            id,
            status: answer.result.status,
        });
        self.known.insert(id, answer);
        Ok(())
    }

    fn cant_tell(&mut self, id: Hash, cause: &str, events: &mut Vec<Event>) {
        if self.first_time("can't tell", id) {
            let cause = cause.to_owned();
            events.push(Event::CantTell { id, cause });
        }
    }

    /// The results of a batch's requests as this side computes them; none while one is missing.
    pub(super) fn results_of(&self, batch: &LedgerBatch) -> Option<Vec<Hash>> {
        let entries = self.ledger.entries_of(batch);
        if entries.len() as u64 != batch.count {
            return None;
        }
        entries
            .iter()
            .map(|entry| Some(self.known.get(&entry.asked.id)?.result.hash()))
            .collect()
    }
}

/// An outcome as an answer. A request that the program refuses ends with an empty answer.
fn answer_of(
    id: Hash,
    outcome: Result<Outcome, AnswersError>,
    program: &Program,
) -> Result<Answer, AnswersError> {
    match outcome {
        Ok(outcome) => Ok(Answer {
            result: outcome.result(id, program),
            answer: outcome.output,
            tokens: outcome.tokens,
        }),
        Err(AnswersError::Refused(_)) => Ok(Answer {
            result: ResultCommitment {
                request_id: id,
                status: Status::PromptTooLong.into(),
                tokens_out: 0,
                output_len: 0,
                output_root: zero_root(program.header.output_depth),
            },
            answer: Vec::new(),
            tokens: Vec::new(),
        }),
        Err(failed) => Err(failed),
    }
}
