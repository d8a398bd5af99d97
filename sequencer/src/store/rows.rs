//! Rows of the tables as values.

use super::{Answer, Fate, SentTransaction, StoreError};
use alloy::primitives::{TxHash, hex};
use gavel_primitives::{Hash, ResultCommitment, StatusCode};
use sqlx::{Row, sqlite::SqliteRow};

/// A count or code as the database keeps it.
///
/// # Errors
/// [`StoreError::Unreadable`] above 2^63.
pub(super) fn signed(
    value: u64,
    table: &'static str,
    column: &'static str,
) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Unreadable { table, column })
}

/// An answer.
pub(super) fn answer(row: &SqliteRow) -> Result<Answer, StoreError> {
    let table = "answers";
    let answer: Vec<u8> = row.try_get("answer")?;
    Ok(Answer {
        result: ResultCommitment {
            request_id: hash(row, table, "id")?,
            status: StatusCode::from(unsigned::<u32>(row, table, "status")?),
            tokens_out: unsigned(row, table, "tokens_out")?,
            output_len: u32::try_from(answer.len()).map_err(|_| unreadable(table, "answer"))?,
            output_root: hash(row, table, "output_root")?,
        },
        answer,
        tokens: tokens(row, table)?,
    })
}

/// Tokens as the database keeps them: four bytes each, little-endian.
pub(super) fn token_bytes(tokens: &[u32]) -> Vec<u8> {
    tokens
        .iter()
        .flat_map(|token| token.to_le_bytes())
        .collect()
}

fn tokens(row: &SqliteRow, table: &'static str) -> Result<Vec<u32>, StoreError> {
    let bytes: Vec<u8> = row.try_get("tokens")?;
    let (whole, rest) = bytes.as_chunks::<4>();
    match rest {
        [] => Ok(whole
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect()),
        _ => Err(unreadable(table, "tokens")),
    }
}

/// A transaction.
pub(super) fn sent(row: &SqliteRow) -> Result<SentTransaction, StoreError> {
    let table = "sent";
    let fate: String = row.try_get("fate")?;
    Ok(SentTransaction {
        hash: TxHash::from(hash(row, table, "hash")?.0),
        nonce: unsigned(row, table, "nonce")?,
        purpose: row.try_get("purpose")?,
        raw: row.try_get("raw")?,
        max_fee: decimal(row, table, "max_fee")?,
        priority_fee: decimal(row, table, "priority_fee")?,
        sent_at: unsigned(row, table, "sent_at")?,
        fate: fate_named(&fate).ok_or(unreadable(table, "fate"))?,
    })
}

/// A hash in hex.
pub(super) fn hash(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<Hash, StoreError> {
    let text: String = row.try_get(column)?;
    let bytes = hex::decode_to_array(text).map_err(|_| unreadable(table, column))?;
    Ok(Hash(bytes))
}

/// A count or code.
pub(super) fn unsigned<T: TryFrom<i64>>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| unreadable(table, column))
}

fn decimal(row: &SqliteRow, table: &'static str, column: &'static str) -> Result<u128, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| unreadable(table, column))
}

/// The word for a fate.
pub(super) const fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Open => "open",
        Fate::Done => "done",
        Fate::Reverted => "reverted",
        Fate::Replaced => "replaced",
    }
}

fn fate_named(name: &str) -> Option<Fate> {
    [Fate::Open, Fate::Done, Fate::Reverted, Fate::Replaced]
        .into_iter()
        .find(|fate| fate_name(*fate) == name)
}

fn unreadable(table: &'static str, column: &'static str) -> StoreError {
    StoreError::Unreadable { table, column }
}
