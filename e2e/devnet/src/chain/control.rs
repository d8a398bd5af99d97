//! What only a development chain can do: turn back, move its clock, mint.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};

use super::clock::ChainClock;
use super::history::Version;
use super::mine::Mining;
use super::pool::Pool;
use super::{Chain, UnixTime};

/// Names a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotId(pub u64);

/// All of a chain that a revert has to bring back; state and blocks by their length alone.
#[derive(Clone, Debug)]
struct Snapshot {
    version: Version,
    head_version: Version,
    blocks: usize,
    pool: Pool,
    clock: ChainClock,
    mining: Mining,
    next_base_fee: Option<u64>,
}

/// The snapshots that can still be reverted to.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    taken: BTreeMap<SnapshotId, Snapshot>,
    last: u64,
}

/// The timestamp asked for is not after the head's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timestamp error: {asked} is lower than or equal to previous block's timestamp {head}")]
pub struct TimestampTooLow {
    /// What was asked for.
    pub asked: u64,
    /// The head's timestamp.
    pub head: u64,
}

impl Chain {
    /// Remembers the chain as it is.
    pub fn snapshot(&mut self) -> SnapshotId {
        self.snapshots.last += 1;
        let id = SnapshotId(self.snapshots.last);
        let snapshot = Snapshot {
            version: self.state.version(),
            head_version: self.head().version,
            blocks: self.blocks.len(),
            pool: self.pool.clone(),
            clock: self.clock.clone(),
            mining: self.mining,
            next_base_fee: self.next_base_fee,
        };
        self.snapshots.taken.insert(id, snapshot);
        id
    }

    /// Returns to a snapshot, which is used up with all taken after it. False where there is none.
    pub fn revert(&mut self, id: SnapshotId) -> bool {
        let Some(snapshot) = self.snapshots.taken.remove(&id) else {
            return false;
        };
        self.snapshots.taken.split_off(&id);
        self.drop_blocks(snapshot.blocks);
        self.state.rewind(snapshot.version);
        self.set_head_version(snapshot.head_version);
        self.pool = snapshot.pool;
        self.clock = snapshot.clock;
        self.mining = snapshot.mining;
        self.next_base_fee = snapshot.next_base_fee;
        self.branch += 1;
        true
    }

    /// Moves the clock forward; the next block shows it. Returns the total offset in seconds.
    pub fn increase_time(&mut self, seconds: u64, now: UnixTime) -> i64 {
        let head = self.head().header().timestamp;
        self.clock.advance(seconds, head, now)
    }

    /// Gives the next block exactly this timestamp.
    ///
    /// # Errors
    ///
    /// [`TimestampTooLow`] unless it is after the head's.
    pub fn set_next_timestamp(
        &mut self,
        timestamp: u64,
        now: UnixTime,
    ) -> Result<(), TimestampTooLow> {
        let head = self.head().header().timestamp;
        if timestamp <= head {
            return Err(TimestampTooLow {
                asked: timestamp,
                head,
            });
        }
        self.clock.set_next(timestamp, now);
        Ok(())
    }

    /// Gives the next block this base fee, in wei per gas.
    pub fn set_next_base_fee(&mut self, base_fee: u64) {
        self.next_base_fee = Some(base_fee);
    }

    /// Gives an account another balance, as if the head block had done so.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.state.set_balance(address, balance);
        self.set_head_version(self.state.version());
    }

    /// Takes a waiting transaction out of the pool; false where there is none.
    pub fn drop_transaction(&mut self, hash: B256) -> bool {
        self.pool.remove(hash)
    }

    fn set_head_version(&mut self, version: Version) {
        if let Some(head) = self.blocks.last_mut() {
            head.version = version;
        }
    }

    fn drop_blocks(&mut self, kept: usize) {
        for dropped in self.blocks.split_off(kept) {
            self.block_numbers.remove(&dropped.hash());
            for tx in dropped.transactions() {
                self.positions.remove(tx.tx_hash());
            }
        }
    }
}
