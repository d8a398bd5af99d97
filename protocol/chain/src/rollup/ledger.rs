//! A lane's history, folded from the logs of hub and rollup.

use crate::{
    bindings::{hub::Hub, rollup::Rollup},
    convert::{self, account, hash},
};
use alloy::{
    rpc::types::Log,
    sol_types::{self, SolEvent},
};
use gavel_dispute::{Account, BatchState};
use gavel_primitives::{Depth, Hash, Request, prompt_depth_fits, root_of_bytes};
use std::collections::{BTreeSet, HashMap};
use thiserror::Error;

/// What a request's id takes from the program that its lane runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramShape {
    /// The program.
    pub program_id: Hash,
    /// Depth of its prompt slot.
    pub prompt_depth: Depth,
}

/// A request as the hub announced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRequest {
    /// The id that the hub gave it.
    pub id: Hash,
    /// What the id commits to, as far as this side can tell.
    pub request: Request,
    /// The prompt's bytes.
    pub prompt: Vec<u8>,
    /// Gas of the callback.
    pub callback_gas: u32,
}

impl InboxRequest {
    /// Whether the hub's id is that of the request as it is understood here. If it isn't, nothing can be told of it.
    pub fn is_understood(&self) -> bool {
        self.request.id() == self.id
    }

    /// What the request adds to the limits of a batch.
    pub fn limits(&self) -> u128 {
        u128::from(self.request.prompt_len) + u128::from(self.request.params.max_tokens)
    }
}

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The request.
    pub asked: InboxRequest,
    /// Whether its answer was handed out as not final in the present round.
    pub early: bool,
    /// Whether its final answer reached the callback.
    pub delivered: bool,
    /// Whether its fee was given back.
    pub refunded: bool,
    /// How often its callback failed with the final answer.
    pub failures: u32,
}

/// A batch as its logs tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerBatch {
    /// Its number.
    pub number: u64,
    /// Its first request.
    pub first: u64,
    /// How many it has.
    pub count: u64,
    /// Its present round.
    pub round: u64,
    /// Its root; after a dispute the winner's.
    pub root: Hash,
    /// Who proposed it, or won the tournament over it.
    pub provider: Account,
    /// Where it is.
    pub state: BatchState,
}

/// Why logs make no history.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// A log of a known event can't be decoded.
    #[error("a log of the contracts can't be decoded")]
    Decode(#[from] sol_types::Error),
    /// A place follows no other: logs are missing.
    #[error("{what} {got} follows {expected} of them: logs are missing")]
    Gap {
        /// Requests or batches.
        what: &'static str,
        /// The number in the log.
        got: u64,
        /// How many were known.
        expected: u64,
    },
}

/// A lane's history.
#[derive(Clone, Debug)]
pub struct LaneLedger {
    chain_id: u64,
    lane: u64,
    program: ProgramShape,
    entries: Vec<Entry>,
    places: HashMap<Hash, usize>,
    batches: Vec<LedgerBatch>,
    watchers: BTreeSet<Account>,
    challenged: bool,
}

impl LaneLedger {
    /// The history of a lane before anything happened.
    pub fn new(chain_id: u64, lane: u64, program: ProgramShape) -> Self {
        LaneLedger {
            chain_id,
            lane,
            program,
            entries: Vec::new(),
            places: HashMap::new(),
            batches: Vec::new(),
            watchers: BTreeSet::new(),
            challenged: false,
        }
    }

    /// Forgets everything: the history is told again.
    pub fn clear(&mut self) {
        *self = LaneLedger::new(self.chain_id, self.lane, self.program);
    }

    /// The requests of the inbox, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The batches, in order.
    pub fn batches(&self) -> &[LedgerBatch] {
        &self.batches
    }

    /// The requests of a batch.
    pub fn entries_of(&self, batch: &LedgerBatch) -> &[Entry] {
        let first = (batch.first as usize).min(self.entries.len());
        let end = ((batch.first + batch.count) as usize).min(self.entries.len());
        &self.entries[first..end]
    }

    /// First request that no batch holds.
    pub fn next_request(&self) -> u64 {
        self.batches
            .last()
            .map_or(0, |batch| batch.first + batch.count)
    }

    /// Who ever attested to holding the lane's program.
    pub fn watchers(&self) -> &BTreeSet<Account> {
        &self.watchers
    }

    /// Whether a batch of the lane was ever challenged: somebody plays.
    pub fn was_challenged(&self) -> bool {
        self.challenged
    }

    /// Takes the next log in; logs of other lanes and other events change nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; the history is then no longer whole.
    pub fn apply(&mut self, log: &Log) -> Result<(), LedgerError> {
        match log.topic0() {
            Some(&Hub::Requested::SIGNATURE_HASH) => self.requested(log),
            Some(&Hub::Answered::SIGNATURE_HASH) => self.answered(log),
            Some(&Hub::Refunded::SIGNATURE_HASH) => self.refunded(log),
            Some(&Rollup::Proposed::SIGNATURE_HASH) => self.proposed(log),
            Some(&Rollup::Challenged::SIGNATURE_HASH) => self.was_disputed(log),
            Some(&Rollup::Finalized::SIGNATURE_HASH) => self.finalized(log),
            Some(&Rollup::Voided::SIGNATURE_HASH) => self.voided(log),
            Some(&Rollup::Attested::SIGNATURE_HASH) => self.attested(log),
            _ => Ok(()),
        }
    }

    fn requested(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Hub::Requested>()?;
        let (hub, event) = (event.address(), event.inner.data);
        if event.lane != self.lane {
            return Ok(());
        }
        follows("request", event.index, self.entries.len())?;
        let id = hash(event.requestId);
        self.places.insert(id, self.entries.len());
        self.entries.push(Entry {
            asked: InboxRequest {
                id,
                request: self.request(hub.into_array(), &event),
                prompt: event.prompt.to_vec(),
                callback_gas: event.callbackGas,
            },
            early: false,
            delivered: false,
            refunded: false,
            failures: 0,
        });
        Ok(())
    }

    fn request(&self, hub: [u8; 20], event: &Hub::Requested) -> Request {
        let depth = self.program.prompt_depth;
        // A prompt that the slot can't hold has no root; the id then differs, and the request is not understood.
        let prompt_root = match prompt_depth_fits(event.prompt.len(), depth) {
            true => root_of_bytes(&event.prompt, depth),
            false => Hash::ZERO,
        };
        Request {
            chain_id: self.chain_id,
            hub,
            lane: event.lane,
            index: event.index,
            program_id: self.program.program_id,
            requester: event.requester.into_array(),
            prompt_root,
            prompt_len: u32::try_from(event.prompt.len()).unwrap_or(u32::MAX),
            params: convert::params(&event.params),
        }
    }

    fn answered(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Hub::Answered>()?.inner.data;
        if let Some(entry) = self.entry(hash(event.requestId)) {
            match (event.isFinal, event.success) {
                (false, _) => entry.early = true,
                (true, true) => entry.delivered = true,
                (true, false) => entry.failures += 1,
            }
        }
        Ok(())
    }

    fn refunded(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Hub::Refunded>()?.inner.data;
        if let Some(entry) = self.entry(hash(event.requestId)) {
            entry.refunded = true;
        }
        Ok(())
    }

    fn entry(&mut self, id: Hash) -> Option<&mut Entry> {
        self.places.get(&id).map(|place| &mut self.entries[*place])
    }

    fn proposed(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Rollup::Proposed>()?.inner.data;
        if event.lane != self.lane {
            return Ok(());
        }
        let batch = LedgerBatch {
            number: event.batch,
            first: event.first,
            count: event.count,
            round: event.round,
            root: hash(event.root),
            provider: account(event.provider),
            state: BatchState::Proposed,
        };
        if let Some(again) = self.batches.get_mut(event.batch as usize) {
            *again = batch;
            let range = event.first as usize..(event.first + event.count) as usize;
            if let Some(entries) = self.entries.get_mut(range) {
                // A new round's answer may be handed out early once more.
                entries.iter_mut().for_each(|entry| entry.early = false);
            }
            return Ok(());
        }
        follows("batch", event.batch, self.batches.len())?;
        self.batches.push(batch);
        Ok(())
    }

    fn was_disputed(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Rollup::Challenged>()?.inner.data;
        self.challenged |= event.lane == self.lane;
        self.change(event.lane, event.batch, |batch| {
            batch.state = BatchState::Disputed;
        });
        Ok(())
    }

    fn finalized(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Rollup::Finalized>()?.inner.data;
        self.change(event.lane, event.batch, |batch| {
            batch.state = BatchState::Final;
            batch.root = hash(event.root);
            batch.provider = account(event.provider);
        });
        Ok(())
    }

    fn voided(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Rollup::Voided>()?.inner.data;
        self.change(event.lane, event.batch, |batch| {
            batch.state = BatchState::Void;
        });
        Ok(())
    }

    fn attested(&mut self, log: &Log) -> Result<(), LedgerError> {
        let event = log.log_decode::<Rollup::Attested>()?.inner.data;
        if event.lane == self.lane {
            self.watchers.insert(account(event.watcher));
        }
        Ok(())
    }

    fn change(&mut self, lane: u64, batch: u64, how: impl FnOnce(&mut LedgerBatch)) {
        if lane == self.lane
            && let Some(batch) = self.batches.get_mut(batch as usize)
        {
            how(batch);
        }
    }
}

fn follows(what: &'static str, got: u64, known: usize) -> Result<(), LedgerError> {
    let expected = known as u64;
    match got == expected {
        true => Ok(()),
        false => Err(LedgerError::Gap {
            what,
            got,
            expected,
        }),
    }
}
