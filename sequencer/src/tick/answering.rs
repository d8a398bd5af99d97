//! Computing answers, oldest request first.

use super::Sequencer;
use crate::{AnswersError, Event, SequencerError, store::Answer};
use gavel_chain::rollup::{InboxRequest, LedgerBatch};
use gavel_engine::Outcome;
use gavel_primitives::{Hash, ResultCommitment, Status, zero_root};
use gavel_program::Program;
use std::ops::Range;

impl Sequencer {
    /// Computes what batches and the inbox wait for, at most a batch of answers a pass.
    pub(super) async fn answer_waiting(
        &mut self,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let mut left = self.config.max_batch.max(1);
        for place in self.wanted() {
            if left == 0 {
                break;
            }
            let id = self.ledger.entries()[place].asked.id;
            if self.recall(id).await? {
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
            left -= 1;
            self.compute(asked, events).await?;
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

    async fn compute(
        &mut self,
        asked: InboxRequest,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let (id, answers) = (asked.id, self.answers.clone());
        let computed = tokio::task::spawn_blocking(move || {
            let outcome = answers.answer(&asked);
            answer_of(asked.id, outcome, answers.program())
        });
        let answer = match computed.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.cant_tell(id, &error.to_string(), events);
                return Ok(());
            }
            Err(panic) => {
                self.cant_tell(id, &panic.to_string(), events);
                return Ok(());
            }
        };
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
