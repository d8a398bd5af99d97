//! Reading the chain.

use super::{Scene, Sequencer};
use crate::{Event, SequencerError};
use gavel_chain::Head;
use std::time::Instant;

impl Sequencer {
    /// Brings the ledger and the store up to the chain's head.
    pub(super) async fn look(&mut self, events: &mut Vec<Event>) -> Result<Scene, SequencerError> {
        let refreshed = self.logs.refresh().await?;
        if refreshed.kept < self.applied {
            self.forget_history();
        }
        for log in &self.logs.logs()[self.applied..] {
            self.ledger.apply(log)?;
            self.returns.apply(log);
        }
        self.applied = self.logs.logs().len();
        self.keep_requests(events).await?;
        self.pass_settled(events);
        Ok(Scene {
            head: refreshed.head,
            now: self.time_at(refreshed.head),
        })
    }

    /// The chain took blocks back: the history is told from its start again. Answers are kept, they belong to ids.
    fn forget_history(&mut self) {
        self.ledger.clear();
        self.applied = 0;
        self.stored = 0;
        self.settled_batches = 0;
        self.failed_at.clear();
        self.returns.clear();
    }

    async fn keep_requests(&mut self, events: &mut Vec<Event>) -> Result<(), SequencerError> {
        for entry in &self.ledger.entries()[self.stored..] {
            self.stores.requests.put_request(&entry.asked).await?;
            events.push(Event::Asked {
                id: entry.asked.id,
                index: entry.asked.request.index,
            });
            self.stored += 1;
        }
        Ok(())
    }

    /// A chain that makes no blocks while nothing is sent has a time all the same.
    fn time_at(&mut self, head: Head) -> u64 {
        match self.head_seen {
            Some((seen, since)) if seen.hash == head.hash => {
                head.timestamp + since.elapsed().as_secs()
            }
            _ => {
                self.head_seen = Some((head, Instant::now()));
                head.timestamp
            }
        }
    }
}
