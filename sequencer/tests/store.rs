//! The stores on real database files.

use alloy::primitives::TxHash;
use gavel_chain::rollup::InboxRequest;
use gavel_primitives::{Hash, Params, Request, ResultCommitment, Status, keccak};
use gavel_sequencer::{
    SqliteStore,
    store::{Answer, Fate, RequestStore, SentStore, SentTransaction, StoreError},
};
use std::path::Path;

async fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file).await.expect("a database")
}

fn asked(index: u64, prompt: &[u8]) -> InboxRequest {
    let request = Request {
        chain_id: 1,
        hub: [1; 20],
        lane: 0,
        index,
        program_id: keccak(b"program"),
        requester: [2; 20],
        prompt_root: keccak(prompt),
        prompt_len: prompt.len() as u32,
        params: Params {
            seed: u64::MAX,
            ..Params::greedy(4)
        },
    };
    InboxRequest {
        id: request.id(),
        request,
        prompt: prompt.to_vec(),
        callback_gas: 7,
    }
}

fn answer(id: Hash, text: &[u8]) -> Answer {
    Answer {
        result: ResultCommitment {
            request_id: id,
            status: Status::Stop.into(),
            tokens_out: 3,
            output_len: text.len() as u32,
            output_root: keccak(text),
        },
        answer: text.to_vec(),
        tokens: vec![7, 0, u32::MAX],
    }
}

fn sent(nonce: u64, purpose: &str, sent_at: u64) -> SentTransaction {
    let hash = keccak(format!("{nonce} {purpose} {sent_at}").as_bytes());
    SentTransaction {
        hash: TxHash::from(hash.0),
        nonce,
        purpose: purpose.to_owned(),
        raw: vec![2, 0, 255],
        max_fee: u128::MAX,
        priority_fee: 1,
        sent_at,
        fate: Fate::Open,
    }
}

#[tokio::test]
async fn what_is_kept_is_there_after_reopening() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sequencer.db");
    let (asked, text) = (asked(5, b"\xff\x00 any bytes"), b"\xf0answer\x00");
    let (answer, sent) = (answer(asked.id, text), sent(9, "propose 0 0", 1));
    let store = open(&file).await;
    store.put_request(&asked).await.expect("kept");
    store.put_answer(&answer).await.expect("kept");
    store.put_sent(&sent).await.expect("kept");
    drop(store);

    let store = open(&file).await;
    let prompt = store.prompt(asked.id).await.expect("read");
    assert_eq!(prompt.as_deref(), Some(&asked.prompt[..]));
    let kept = store.answer(asked.id).await.expect("read");
    assert_eq!(kept, Some(answer));
    assert_eq!(store.unsettled().await.expect("read"), [sent]);
}

#[tokio::test]
async fn a_place_is_taken_over_and_ranges_come_in_order() {
    let store = SqliteStore::in_memory().await.expect("a database");
    for index in [2, 0, 1, 3] {
        let asked = asked(index, b"first");
        store.put_request(&asked).await.expect("kept");
    }
    let again = asked(1, b"second");
    store.put_request(&again).await.expect("kept");
    let ids = store.ids(1, 2).await.expect("read");
    assert_eq!(ids, [(1, again.id), (2, asked(2, b"first").id)]);
    assert_eq!(
        store.prompt(asked(1, b"first").id).await.expect("read"),
        None
    );
}

#[tokio::test]
async fn the_first_answer_to_a_request_stays() {
    let store = SqliteStore::in_memory().await.expect("a database");
    let id = keccak(b"request");
    let (first, second) = (answer(id, b"first"), answer(id, b"second"));
    store.put_answer(&first).await.expect("kept");
    store.put_answer(&second).await.expect("kept");
    assert_eq!(store.answer(id).await.expect("read"), Some(first));
}

#[tokio::test]
async fn only_open_transactions_are_unsettled_and_reverts_are_counted_by_purpose() {
    let store = SqliteStore::in_memory().await.expect("a database");
    let all = [
        sent(3, "b", 1),
        sent(1, "a", 2),
        sent(1, "a", 1),
        sent(0, "a", 1),
    ];
    for one in &all {
        store.put_sent(one).await.expect("kept");
    }
    let fates = [(3, Fate::Reverted), (2, Fate::Replaced)];
    for (place, fate) in fates {
        store.set_fate(all[place].hash, fate).await.expect("kept");
    }
    let open = store.unsettled().await.expect("read");
    assert_eq!(open, [all[1].clone(), all[0].clone()]);
    assert_eq!(store.reverts("a").await.expect("read"), 1);
    assert_eq!(store.reverts("b").await.expect("read"), 0);
}

#[tokio::test]
async fn a_database_is_about_one_thing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sequencer.db");
    open(&file).await.bind("this").await.expect("new");
    let store = open(&file).await;
    store.bind("this").await.expect("the same");
    let refused = store.bind("that").await.expect_err("another");
    assert!(matches!(
        refused,
        StoreError::Foreign { got, expected } if got == "this" && expected == "that"
    ));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sequencer.db");
    std::fs::write(&file, "not a database, but long enough to look at").expect("a file");
    assert!(matches!(
        SqliteStore::open(&file).await,
        Err(StoreError::Database(_) | StoreError::Migrate(_))
    ));
}

#[tokio::test]
async fn a_transaction_that_the_chain_took_back_is_open_again() {
    let store = SqliteStore::in_memory().await.expect("a database");
    let first = sent(1, "a", 1);
    store.put_sent(&first).await.expect("kept");
    store.set_fate(first.hash, Fate::Done).await.expect("kept");
    assert_eq!(store.unsettled().await.expect("read"), []);
    let again = SentTransaction {
        sent_at: 9,
        ..first
    };
    store.put_sent(&again).await.expect("kept");
    assert_eq!(store.unsettled().await.expect("read"), [again]);
}
