//! The contracts' logs, kept in step with a chain that may take blocks back.

use crate::ChainError;
use alloy::{
    eips::BlockNumberOrTag,
    primitives::{Address, B256},
    providers::Provider,
    rpc::types::{Filter, Log},
};
use std::collections::VecDeque;

/// A block as logs and views are read at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its timestamp, in seconds.
    pub timestamp: u64,
}

/// What a refresh found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The chain's head now.
    pub head: Head,
    /// How many of the logs that were there before still are; what is past them is new.
    pub kept: usize,
}

/// Blocks asked for at once: nodes limit the range of a query.
const SPAN: u64 = 2_000;
/// Heads remembered: a reorg deeper than these is read from the start again.
const CHECKPOINTS: usize = 256;
/// How often a read is started again because the chain changed meanwhile.
const ATTEMPTS: u32 = 5;

/// All logs of some contracts from a block on, in order. Each refresh reads only what is new; after
/// a reorg it goes back to the last block in common.
#[derive(Debug)]
pub struct LogReader<P> {
    provider: P,
    addresses: Vec<Address>,
    start: u64,
    /// Heads up to which the logs were read, oldest first.
    checkpoints: VecDeque<(u64, B256)>,
    logs: Vec<Log>,
}

impl<P: Provider> LogReader<P> {
    /// A reader of all logs of `addresses` from block `start` on.
    pub fn new(provider: P, addresses: Vec<Address>, start: u64) -> Self {
        LogReader {
            provider,
            addresses,
            start,
            checkpoints: VecDeque::new(),
            logs: Vec::new(),
        }
    }

    /// The logs as of the last refresh.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The node.
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Reads up to the chain's head.
    ///
    /// # Errors
    /// [`ChainError`] of the node, or [`ChainError::Unsettled`] when the chain keeps changing. What was read before stays.
    pub async fn refresh(&mut self) -> Result<Refreshed, ChainError> {
        let before = self.logs.len();
        let mut kept = before;
        for _ in 0..ATTEMPTS {
            kept = kept.min(self.rewind().await?);
            let head = self.head(BlockNumberOrTag::Latest).await?;
            let fresh = self.read_up_to(head.number).await?;
            // A reorg while reading shows in the head's hash.
            if self.hash_of(head.number).await? != Some(head.hash) {
                continue;
            }
            self.logs.extend(fresh);
            self.remember(head);
            return Ok(Refreshed { head, kept });
        }
        Err(ChainError::Unsettled { attempts: ATTEMPTS })
    }

    /// Forgets what is no longer on the chain; gives the number of logs that are left.
    async fn rewind(&mut self) -> Result<usize, ChainError> {
        while let Some(&(number, hash)) = self.checkpoints.back() {
            if self.hash_of(number).await? == Some(hash) {
                break;
            }
            tracing::warn!(target: "chain", number, %hash, "a block was taken back");
            self.checkpoints.pop_back();
        }
        let last = self.checkpoints.back().map(|(number, _)| *number);
        let stays = |log: &Log| last.is_some_and(|last| log.block_number <= Some(last));
        let kept = self.logs.iter().take_while(|log| stays(log)).count();
        self.logs.truncate(kept);
        Ok(kept)
    }

    async fn read_up_to(&self, head: u64) -> Result<Vec<Log>, ChainError> {
        let last = self.checkpoints.back().map(|(number, _)| number + 1);
        let mut from = last.unwrap_or(self.start);
        let mut fresh = Vec::new();
        while from <= head {
            let to = head.min(from + SPAN - 1);
            let filter = Filter::new()
                .address(self.addresses.clone())
                .from_block(from)
                .to_block(to);
            fresh.extend(self.provider.get_logs(&filter).await?);
            from = to + 1;
        }
        Ok(fresh)
    }

    fn remember(&mut self, head: Head) {
        if self.checkpoints.back() != Some(&(head.number, head.hash)) {
            self.checkpoints.push_back((head.number, head.hash));
        }
        if self.checkpoints.len() > CHECKPOINTS {
            self.checkpoints.pop_front();
        }
    }

    async fn hash_of(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let block = self.provider.get_block_by_number(number.into()).await?;
        Ok(block.map(|block| block.header.hash))
    }

    async fn head(&self, tag: BlockNumberOrTag) -> Result<Head, ChainError> {
        let block = self.provider.get_block_by_number(tag).await?;
        let header = block.ok_or(ChainError::NoBlock { number: 0 })?.header;
        Ok(Head {
            number: header.number,
            hash: header.hash,
            timestamp: header.timestamp,
        })
    }
}
