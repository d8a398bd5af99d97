//! Proposing batches and ending their windows.

use super::{Scene, Sequencer};
use crate::{Event, Purpose, SequencerError};
use alloy::eips::BlockId;
use gavel_chain::rollup::BatchState;
use gavel_chain::{
    convert::account,
    rollup::{Entry, LedgerBatch, calls},
};
use gavel_primitives::{Hash, root_of_leaves};

impl Sequencer {
    /// Proposes the next batch, if requests wait and are answered, and a bond is free.
    pub(super) async fn propose_next(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let (first, results) = self.next_batch();
        if results.is_empty() || !self.bond_is_free(scene, events).await? {
            return Ok(());
        }
        let lane = self.config.lane;
        let root = root_of_leaves(&results, self.constants.batch_depth);
        let call = calls::propose(&self.deployment, lane, first, results.len() as u64, root);
        self.post(Purpose::Propose { lane, first }, &call, events)
            .await
    }

    /// The first request of the next batch, and the results of all that are answered and fit.
    fn next_batch(&self) -> (u64, Vec<Hash>) {
        let first = self.ledger.next_request();
        let most = self.config.max_batch.min(1 << self.constants.batch_depth);
        let waiting = self.ledger.entries().get(first as usize..).unwrap_or(&[]);
        let count = fitting(waiting, self.constants.max_limits).min(most as usize);
        let results = waiting[..count]
            .iter()
            .map_while(|entry| Some(self.known.get(&entry.asked.id)?.result.hash()))
            .collect();
        (first, results)
    }

    async fn bond_is_free(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<bool, SequencerError> {
        let own = account(self.poster.account());
        let free = self
            .reader
            .free_bond(BlockId::from(scene.head.hash), own)
            .await?;
        let needed = self.constants.proposal_bond;
        let is_short = free < needed;
        if is_short && !self.short_of_bond {
            events.push(Event::BondTooSmall { free, needed });
        }
        self.short_of_bond = is_short;
        Ok(!is_short)
    }

    /// Proposes the ranges of void batches again.
    pub(super) async fn propose_again(
        &mut self,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        for batch in self.batches_in(BatchState::Void) {
            let Some(results) = self.results_of(&batch) else {
                continue;
            };
            let root = root_of_leaves(&results, self.constants.batch_depth);
            let purpose = Purpose::Repropose {
                lane: self.config.lane,
                batch: batch.number,
                round: batch.round,
            };
            let call = calls::repropose(&self.deployment, self.config.lane, batch.number, root);
            self.post(purpose, &call, events).await?;
        }
        Ok(())
    }

    /// Makes batches final whose window has passed without a rival.
    pub(super) async fn end_windows(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let lane = self.config.lane;
        for batch in self.batches_in(BatchState::Proposed) {
            let at = BlockId::from(scene.head.hash);
            let Some(there) = self.reader.batch(at, lane, batch.number).await? else {
                continue;
            };
            let is_open = scene.now <= there.proposed_at + self.constants.window;
            if there.state != BatchState::Proposed || is_open {
                continue;
            }
            let purpose = Purpose::Finalize {
                lane,
                batch: batch.number,
                round: batch.round,
            };
            let call = calls::finalize(&self.deployment, lane, batch.number);
            self.post(purpose, &call, events).await?;
        }
        Ok(())
    }

    pub(super) fn batches_in(&self, state: BatchState) -> Vec<LedgerBatch> {
        self.ledger.batches()[self.settled_batches..]
            .iter()
            .filter(|batch| batch.state == state)
            .copied()
            .collect()
    }
}

/// How many of the waiting requests have limits that fit a batch together; one alone always does.
fn fitting(waiting: &[Entry], max_limits: u128) -> usize {
    let mut sum = 0u128;
    let fits = waiting.iter().take_while(|entry| {
        sum += entry.asked.limits();
        sum <= max_limits
    });
    fits.count().max(1).min(waiting.len())
}
