//! Looking for those who would dispute a wrong batch.

use super::{Scene, Sequencer};
use crate::{Event, SequencerError};
use alloy::eips::BlockId;
use gavel_chain::convert::account;
use std::time::{Duration, Instant};

/// How often players are looked for.
const EVERY: Duration = Duration::from_secs(60);

impl Sequencer {
    /// Warns while no watcher other than this account has a bond and no batch was ever challenged.
    pub(super) async fn look_for_players(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        if self
            .looked_for_players
            .is_some_and(|at| at.elapsed() < EVERY)
        {
            return Ok(());
        }
        self.looked_for_players = Some(Instant::now());
        if !self.ledger.was_challenged() && !self.has_bonded_watcher(scene).await? {
            events.push(Event::NoPlayer);
        }
        Ok(())
    }

    async fn has_bonded_watcher(&self, scene: Scene) -> Result<bool, SequencerError> {
        let own = account(self.poster.account());
        let at = BlockId::from(scene.head.hash);
        for watcher in self.ledger.watchers().iter().filter(|one| **one != own) {
            if self.reader.free_bond(at, *watcher).await? >= self.constants.attestation_bond {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
