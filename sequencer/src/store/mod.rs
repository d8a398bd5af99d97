//! What is remembered between passes and starts. The chain decides; the store saves work and remembers what was sent.

mod rows;
mod sqlite;

pub use sqlite::SqliteStore;

use alloy::primitives::TxHash;
use gavel_chain::rollup::InboxRequest;
use gavel_primitives::{Hash, ResultCommitment};
use std::{future::Future, pin::Pin, sync::Arc};
use thiserror::Error;

/// An error of the database, or of what it holds.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema can't be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row doesn't have the form of this version.
    #[error("a row of {table} has an unreadable {column}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database is about another chain, deployment, lane or program.
    #[error("the data is about {got}, not about {expected}: use another data directory")]
    Foreign {
        /// What the database is about.
        got: String,
        /// What this sequencer is about.
        expected: String,
    },
}

/// The result of an operation on a store.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// An answer with what a batch says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What a batch says.
    pub result: ResultCommitment,
    /// The bytes.
    pub answer: Vec<u8>,
    /// The tokens generated, which a watcher may ask for; none of an answer that was kept before tokens were.
    pub tokens: Vec<u32>,
}

/// Requests of the lane and their answers.
pub trait RequestStore: Send + Sync {
    /// Binds the store to what it is about, or checks that it is bound to that.
    fn bind<'a>(&'a self, identity: &'a str) -> Stored<'a, ()>;

    /// Keeps a request; it takes its place over from an earlier one.
    fn put_request<'a>(&'a self, asked: &'a InboxRequest) -> Stored<'a, ()>;

    /// The places of a range of the inbox with the ids kept there, by rising place.
    fn ids(&self, first: u64, count: u64) -> Stored<'_, Vec<(u64, Hash)>>;

    /// The prompt of a request.
    fn prompt(&self, id: Hash) -> Stored<'_, Option<Vec<u8>>>;

    /// Keeps an answer; there is one answer to a request, so a second one changes nothing.
    fn put_answer<'a>(&'a self, answer: &'a Answer) -> Stored<'a, ()>;

    /// The answer to a request.
    fn answer(&self, id: Hash) -> Stored<'_, Option<Answer>>;
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not known yet.
    Open,
    /// Included, and it had its effect.
    Done,
    /// Included, and it reverted.
    Reverted,
    /// Another transaction took its nonce.
    Replaced,
}

/// A transaction that was sent, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentTransaction {
    /// Its hash.
    pub hash: TxHash,
    /// Its nonce.
    pub nonce: u64,
    /// What it was for.
    pub purpose: String,
    /// The signed transaction.
    pub raw: Vec<u8>,
    /// Most wei per gas that it offers.
    pub max_fee: u128,
    /// Wei per gas of that for the block's maker.
    pub priority_fee: u128,
    /// When it was signed, in seconds of Unix time.
    pub sent_at: u64,
    /// What became of it.
    pub fate: Fate,
}

/// Transactions of the account.
pub trait SentStore: Send + Sync {
    /// Writes a transaction down, before it is sent. One that the chain took back may come again, and is open again.
    fn put_sent<'a>(&'a self, sent: &'a SentTransaction) -> Stored<'a, ()>;

    /// The transactions whose fate is open, by rising nonce and time.
    fn unsettled(&self) -> Stored<'_, Vec<SentTransaction>>;

    /// Sets the fate of a transaction.
    fn set_fate(&self, hash: TxHash, fate: Fate) -> Stored<'_, ()>;

    /// How many transactions for a purpose reverted.
    fn reverts<'a>(&'a self, purpose: &'a str) -> Stored<'a, u32>;
}

/// All stores of a sequencer.
#[derive(Clone)]
pub struct Stores {
    /// Requests and answers.
    pub requests: Arc<dyn RequestStore>,
    /// Transactions.
    pub sent: Arc<dyn SentStore>,
}

impl From<SqliteStore> for Stores {
    fn from(store: SqliteStore) -> Self {
        let store = Arc::new(store);
        Stores {
            requests: store.clone(),
            sent: store,
        }
    }
}
