//! Which batches, tournaments and matches there are, and the lists of their moves: what only logs say.

use crate::bindings::{
    rollup::Rollup::{Challenged, Finalized, Proposed, Voided},
    tournament::Tournament::{Advanced, Joined, MatchCreated, TournamentOpened},
};
use alloy::{primitives::B256, rpc::types::Log, sol_types::SolEvent};
use std::collections::{BTreeMap, BTreeSet};

/// A batch's place: lane and number.
pub(super) type BatchKey = (u64, u64);

/// Everything that logs say of disputes, as of one head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Batches that are neither final nor void.
    pub(super) open_batches: BTreeSet<BatchKey>,
    /// Batches of tournaments.
    pub(super) disputed: BTreeMap<B256, BatchKey>,
    /// The tournament around each inner one; none for batch tournaments.
    pub(super) parents: BTreeMap<B256, Option<B256>>,
    /// Roots that joined each tournament, in order.
    pub(super) roots: BTreeMap<B256, Vec<B256>>,
    /// Matches of each tournament.
    pub(super) matches: BTreeMap<B256, Vec<B256>>,
    /// What the last move of each match listed.
    pub(super) lists: BTreeMap<B256, Vec<B256>>,
}

impl Index {
    /// Takes in one log; logs come in the chain's order. What belongs to other events is passed over.
    pub(super) fn apply(&mut self, log: &Log) {
        match log.topic0() {
            Some(&Proposed::SIGNATURE_HASH) => self.with(log, Self::proposed),
            Some(&Challenged::SIGNATURE_HASH) => self.with(log, Self::challenged),
            Some(&Finalized::SIGNATURE_HASH) => self.with(log, |index, event: Finalized| {
                index.open_batches.remove(&(event.lane, event.batch));
            }),
            Some(&Voided::SIGNATURE_HASH) => self.with(log, |index, event: Voided| {
                index.open_batches.remove(&(event.lane, event.batch));
            }),
            Some(&TournamentOpened::SIGNATURE_HASH) => self.with(log, Self::opened),
            Some(&Joined::SIGNATURE_HASH) => self.with(log, Self::joined),
            Some(&MatchCreated::SIGNATURE_HASH) => self.with(log, Self::paired),
            Some(&Advanced::SIGNATURE_HASH) => self.with(log, |index, event: Advanced| {
                index.lists.insert(event.matchId, event.next);
            }),
            _ => {}
        }
    }

    /// An event that can't be decoded is of another contract version: passed over, with a warning.
    fn with<E: SolEvent>(&mut self, log: &Log, apply: impl FnOnce(&mut Self, E)) {
        match log.log_decode::<E>() {
            Ok(decoded) => apply(self, decoded.inner.data),
            Err(error) => {
                tracing::warn!(target: "chain", event = E::SIGNATURE, %error, "unreadable log")
            }
        }
    }

    fn proposed(&mut self, event: Proposed) {
        self.open_batches.insert((event.lane, event.batch));
    }

    fn challenged(&mut self, event: Challenged) {
        let key = (event.lane, event.batch);
        self.disputed.insert(event.tournament, key);
    }

    fn opened(&mut self, event: TournamentOpened) {
        let parent = event.context.parentTournament;
        let parent = (!parent.is_zero()).then_some(parent);
        self.parents.insert(event.tournament, parent);
    }

    fn joined(&mut self, event: Joined) {
        self.roots
            .entry(event.tournament)
            .or_default()
            .push(event.root);
    }

    fn paired(&mut self, event: MatchCreated) {
        self.matches
            .entry(event.tournament)
            .or_default()
            .push(event.matchId);
    }

    /// The batch that a tournament decides about, directly or through those around it.
    pub(super) fn batch_of(&self, tournament: B256) -> Option<BatchKey> {
        let mut around = tournament;
        while let Some(parent) = *self.parents.get(&around)? {
            around = parent;
        }
        self.disputed.get(&around).copied()
    }
}
