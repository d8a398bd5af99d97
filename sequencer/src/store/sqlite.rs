//! The stores in one SQLite file.

use super::{
    Answer, Fate, RequestStore, SentStore, SentTransaction, StoreError, Stored,
    rows::{self, fate_name, signed},
};
use alloy::primitives::{TxHash, hex};
use gavel_chain::rollup::InboxRequest;
use gavel_primitives::Hash;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::path::Path;

/// A SQLite database.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens the database file, which is made if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was written down before it was sent must survive a power cut, too.
            .synchronous(SqliteSynchronous::Full);
        Self::start(SqlitePoolOptions::new().max_connections(4), options).await
    }

    /// A database in memory, which ends with the value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn in_memory() -> Result<Self, StoreError> {
        // Every connection to memory is a database of its own: there is one, and it never goes idle.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        Self::start(pool, SqliteConnectOptions::new().filename(":memory:")).await
    }

    async fn start(
        pool: SqlitePoolOptions,
        options: SqliteConnectOptions,
    ) -> Result<Self, StoreError> {
        let pool = pool.connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(SqliteStore { pool })
    }

    async fn bound(&self, identity: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO identity (one, identity) VALUES (1, $1) ON CONFLICT (one) DO NOTHING",
        )
        .bind(identity)
        .execute(&self.pool)
        .await?;
        let row = sqlx::query("SELECT identity FROM identity WHERE one = 1");
        let got: String = row.fetch_one(&self.pool).await?.try_get("identity")?;
        match got == identity {
            true => Ok(()),
            false => Err(StoreError::Foreign {
                got,
                expected: identity.to_owned(),
            }),
        }
    }

    async fn insert_request(&self, asked: &InboxRequest) -> Result<(), StoreError> {
        let request = &asked.request;
        sqlx::query(
            "INSERT INTO requests
             (place, id, requester, prompt, max_tokens, temperature, top_p, seed, callback_gas,
             top_k, min_p, repetition_penalty, frequency_penalty, presence_penalty, stop)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (place) DO UPDATE SET id = excluded.id, requester = excluded.requester,
             prompt = excluded.prompt, max_tokens = excluded.max_tokens, temperature = excluded.temperature,
             top_p = excluded.top_p, seed = excluded.seed, callback_gas = excluded.callback_gas,
             top_k = excluded.top_k, min_p = excluded.min_p, repetition_penalty = excluded.repetition_penalty,
             frequency_penalty = excluded.frequency_penalty, presence_penalty = excluded.presence_penalty,
             stop = excluded.stop",
        )
        .bind(signed(request.index, "requests", "place")?)
        .bind(asked.id.to_string())
        .bind(hex::encode_prefixed(request.requester))
        .bind(&asked.prompt)
        .bind(i64::from(request.params.max_tokens))
        .bind(i64::from(request.params.temperature))
        .bind(i64::from(request.params.top_p))
        .bind(request.params.seed.to_string())
        .bind(i64::from(asked.callback_gas))
        .bind(i64::from(request.params.top_k))
        .bind(i64::from(request.params.min_p))
        .bind(i64::from(request.params.repetition_penalty))
        .bind(i64::from(request.params.frequency_penalty))
        .bind(i64::from(request.params.presence_penalty))
        .bind(hex::encode(
            request.params.stop.map(|text| text.word()).concat(),
        ))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn select_ids(&self, first: u64, count: u64) -> Result<Vec<(u64, Hash)>, StoreError> {
        let rows = sqlx::query(
            "SELECT place, id FROM requests WHERE place >= $1 AND place < $2 ORDER BY place",
        )
        .bind(signed(first, "requests", "place")?)
        .bind(signed(first.saturating_add(count), "requests", "place")?)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let place = rows::unsigned(row, "requests", "place")?;
                Ok((place, rows::hash(row, "requests", "id")?))
            })
            .collect()
    }

    async fn select_prompt(&self, id: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT prompt FROM requests WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("prompt")).transpose()?)
    }

    async fn insert_answer(&self, answer: &Answer) -> Result<(), StoreError> {
        let result = &answer.result;
        sqlx::query(
            "INSERT INTO answers (id, status, tokens_out, output_root, answer, tokens)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
        )
        .bind(result.request_id.to_string())
        .bind(i64::from(result.status.code()))
        .bind(i64::from(result.tokens_out))
        .bind(result.output_root.to_string())
        .bind(&answer.answer)
        .bind(rows::token_bytes(&answer.tokens))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn select_answer(&self, id: Hash) -> Result<Option<Answer>, StoreError> {
        let row = sqlx::query("SELECT * FROM answers WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(rows::answer).transpose()
    }

    async fn insert_sent(&self, sent: &SentTransaction) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sent (hash, nonce, purpose, raw, max_fee, priority_fee, sent_at, fate)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (hash) DO UPDATE SET sent_at = excluded.sent_at, fate = excluded.fate",
        )
        .bind(hex::encode_prefixed(sent.hash))
        .bind(signed(sent.nonce, "sent", "nonce")?)
        .bind(&sent.purpose)
        .bind(&sent.raw)
        .bind(sent.max_fee.to_string())
        .bind(sent.priority_fee.to_string())
        .bind(signed(sent.sent_at, "sent", "sent_at")?)
        .bind(fate_name(sent.fate))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn select_open(&self) -> Result<Vec<SentTransaction>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sent WHERE fate = $1 ORDER BY nonce, sent_at")
            .bind(fate_name(Fate::Open))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(rows::sent).collect()
    }

    async fn update_fate(&self, hash: TxHash, fate: Fate) -> Result<(), StoreError> {
        sqlx::query("UPDATE sent SET fate = $1 WHERE hash = $2")
            .bind(fate_name(fate))
            .bind(hex::encode_prefixed(hash))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn count_reverts(&self, purpose: &str) -> Result<u32, StoreError> {
        let row =
            sqlx::query("SELECT COUNT(*) AS reverts FROM sent WHERE purpose = $1 AND fate = $2")
                .bind(purpose)
                .bind(fate_name(Fate::Reverted))
                .fetch_one(&self.pool)
                .await?;
        rows::unsigned(&row, "sent", "reverts")
    }
}

impl RequestStore for SqliteStore {
    fn bind<'a>(&'a self, identity: &'a str) -> Stored<'a, ()> {
        Box::pin(self.bound(identity))
    }

    fn put_request<'a>(&'a self, asked: &'a InboxRequest) -> Stored<'a, ()> {
        Box::pin(self.insert_request(asked))
    }

    fn ids(&self, first: u64, count: u64) -> Stored<'_, Vec<(u64, Hash)>> {
        Box::pin(self.select_ids(first, count))
    }

    fn prompt(&self, id: Hash) -> Stored<'_, Option<Vec<u8>>> {
        Box::pin(self.select_prompt(id))
    }

    fn put_answer<'a>(&'a self, answer: &'a Answer) -> Stored<'a, ()> {
        Box::pin(self.insert_answer(answer))
    }

    fn answer(&self, id: Hash) -> Stored<'_, Option<Answer>> {
        Box::pin(self.select_answer(id))
    }
}

impl SentStore for SqliteStore {
    fn put_sent<'a>(&'a self, sent: &'a SentTransaction) -> Stored<'a, ()> {
        Box::pin(self.insert_sent(sent))
    }

    fn unsettled(&self) -> Stored<'_, Vec<SentTransaction>> {
        Box::pin(self.select_open())
    }

    fn set_fate(&self, hash: TxHash, fate: Fate) -> Stored<'_, ()> {
        Box::pin(self.update_fate(hash, fate))
    }

    fn reverts<'a>(&'a self, purpose: &'a str) -> Stored<'a, u32> {
        Box::pin(self.count_reverts(purpose))
    }
}
