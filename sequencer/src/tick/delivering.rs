//! Handing answers to callbacks.

use super::{Scene, Sequencer};
use crate::{Event, Purpose, SequencerError};
use alloy::{eips::BlockId, primitives::U256};
use gavel_chain::rollup::BatchState;
use gavel_chain::{
    convert::account,
    rollup::{Delivery, Entry, LedgerBatch, calls},
};
use gavel_primitives::{Proof, Tree};

impl Sequencer {
    /// Delivers what batches hold: early answers while the window is open, final ones after it.
    pub(super) async fn deliver(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        for place in self.settled_batches..self.ledger.batches().len() {
            let batch = self.ledger.batches()[place];
            match batch.state {
                BatchState::Proposed if self.config.optimistic => {
                    self.deliver_batch(&batch, scene, events).await?;
                }
                BatchState::Final => self.deliver_batch(&batch, scene, events).await?,
                _ => {}
            }
        }
        self.pass_settled(events);
        Ok(())
    }

    async fn deliver_batch(
        &mut self,
        batch: &LedgerBatch,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let Some(tree) = self.tree_of(batch, events) else {
            return Ok(());
        };
        self.note_failures(batch, scene.now);
        for (purpose, delivery) in self.due_in(batch, &tree, scene) {
            let call = calls::deliver(&self.deployment, &delivery);
            self.post(purpose, &call, events).await?;
        }
        Ok(())
    }

    /// Remembers when each callback was first seen to have failed as often as it has.
    fn note_failures(&mut self, batch: &LedgerBatch, now: u64) {
        for entry in self.ledger.entries_of(batch) {
            let key = (entry.asked.id, entry.failures);
            self.failed_at.entry(key).or_insert(now);
        }
    }

    fn due_in(&self, batch: &LedgerBatch, tree: &Tree, scene: Scene) -> Vec<(Purpose, Delivery)> {
        let entries = self.ledger.entries_of(batch).iter();
        let due = entries.filter_map(|entry| {
            let purpose = self.due(batch, entry, scene)?;
            Some((purpose, self.delivery(batch, entry, tree)))
        });
        due.collect()
    }

    /// The tree under a batch's root; none while answers are missing, or if the root is another.
    fn tree_of(&mut self, batch: &LedgerBatch, events: &mut Vec<Event>) -> Option<Tree> {
        let tree = Tree::new(self.results_of(batch)?, self.constants.batch_depth);
        if tree.root() == batch.root {
            return Some(tree);
        }
        if batch.state == BatchState::Final && self.first_time("foreign root", batch.root) {
            let batch = batch.number;
            events.push(Event::ForeignRoot { batch });
        }
        None
    }

    /// What is to be delivered for a request now, if anything is.
    fn due(&self, batch: &LedgerBatch, entry: &Entry, scene: Scene) -> Option<Purpose> {
        let (id, round, failures) = (entry.asked.id, batch.round, entry.failures);
        if entry.delivered || entry.refunded {
            return None;
        }
        if batch.state != BatchState::Final {
            return (!entry.early).then_some(Purpose::DeliverEarly { id, round });
        }
        let is_tried =
            failures < self.config.callback_attempts && self.is_time_to_try(entry, scene);
        is_tried.then_some(Purpose::DeliverFinal { id, failures })
    }

    /// Whether enough time has passed since a callback's last failure.
    fn is_time_to_try(&self, entry: &Entry, scene: Scene) -> bool {
        let Some(before) = entry.failures.checked_sub(1) else {
            return true;
        };
        let factor = 1u64.checked_shl(before).unwrap_or(u64::MAX);
        let wait = self.config.callback_retry_s.saturating_mul(factor);
        let key = (entry.asked.id, entry.failures);
        let since = self.failed_at.get(&key).copied().unwrap_or(scene.now);
        scene.now >= since.saturating_add(wait)
    }

    fn delivery(&self, batch: &LedgerBatch, entry: &Entry, tree: &Tree) -> Delivery {
        let answer = &self.known[&entry.asked.id];
        let place = entry.asked.request.index - batch.first;
        Delivery {
            batch: batch.number,
            result: answer.result,
            proof: Proof::of(tree, 0, place).compact(0),
            answer: answer.answer.clone(),
        }
    }

    /// Passes the leading batches that ask for nothing more, and lets go of their answers.
    pub(super) fn pass_settled(&mut self, events: &mut Vec<Event>) {
        while let Some(batch) = self.ledger.batches().get(self.settled_batches).copied() {
            if batch.state != BatchState::Final || !self.is_settled(&batch) {
                return;
            }
            for entry in self.ledger.entries_of(&batch) {
                let (id, failures) = (entry.asked.id, entry.failures);
                self.known.remove(&id);
                self.failed_at.retain(|(of, _), _| *of != id);
                if !entry.delivered && !entry.refunded && failures > 0 {
                    events.push(Event::GivenUp { id, failures });
                }
            }
            self.settled_batches += 1;
        }
    }

    /// Whether nothing is left to be done for a final batch from here.
    fn is_settled(&self, batch: &LedgerBatch) -> bool {
        let attempts = self.config.callback_attempts;
        let is_over =
            |entry: &Entry| entry.delivered || entry.refunded || entry.failures >= attempts;
        self.said.contains(&("foreign root", batch.root))
            || self.ledger.entries_of(batch).iter().all(is_over)
    }

    /// Withdraws what the hub owes the account, once it is worth it.
    pub(super) async fn collect(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        if self.config.withdraw_at_wei == 0 {
            return Ok(());
        }
        let own = account(self.poster.account());
        let at = BlockId::from(scene.head.hash);
        if self.reader.credit(at, own).await? < U256::from(self.config.withdraw_at_wei) {
            return Ok(());
        }
        let call = calls::withdraw(&self.deployment);
        self.post(Purpose::Withdraw, &call, events).await
    }
}
