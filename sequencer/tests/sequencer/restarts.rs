//! Killed anywhere and started again, with its data or without: nothing is posted twice.

use crate::town::{PROVIDER, Town, WINDOW, expected, rest};
use gavel_sequencer::{Event, Sequencer, SqliteStore};
use serde_json::json;
use std::path::Path;

/// The bond, the proposal, the early answer, the end of the window, the final answer.
const WHOLE_STORY: u64 = 5;

async fn at(file: &Path) -> SqliteStore {
    SqliteStore::open(file).await.expect("a database")
}

async fn restarted_after_every_pass(keeps_data: bool) {
    let town = Town::start().await;
    let id = town.ask("Question", 2).await;
    let folder = tempfile::tempdir().expect("a folder");
    for life in 0..24 {
        let name = match keeps_data {
            true => "kept.db".to_owned(),
            false => format!("life-{life}.db"),
        };
        let store = at(&folder.path().join(name)).await;
        let mut sequencer = town.sequencer(store).await;
        sequencer.tick().await.expect("a pass");
        if life == 11 {
            town.wait(WINDOW + 1).await;
        }
    }
    assert_eq!(town.answer(id).await, expected("Question", 2));
    assert_eq!(town.sent_by(PROVIDER).await, WHOLE_STORY);
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_after_every_pass_with_its_data() {
    restarted_after_every_pass(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_after_every_pass_with_an_empty_directory() {
    restarted_after_every_pass(false).await;
}

fn was_sent(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event, Event::Sent { .. }))
}

/// A chain that includes nothing by itself, and a sequencer that sent its proposal and was killed.
async fn killed_after_sending(file: &Path) -> Town {
    let town = Town::start().await;
    town.ask("Question", 2).await;
    town.control("evm_setAutomine", json!([false])).await;
    let mut sequencer = town.sequencer(at(file).await).await;
    let events = sequencer.tick().await.expect("a pass");
    assert!(was_sent(&events), "{events:?}");
    town
}

async fn proposals_after_mining(town: &Town, mut sequencer: Sequencer) -> (usize, u64) {
    town.control("evm_mine", json!([])).await;
    town.control("evm_setAutomine", json!([true])).await;
    rest(&mut sequencer).await;
    let batches = sequencer.ledger().batches().len();
    (batches, town.sent_by(PROVIDER).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_sending_and_receipt() {
    for next in ["kept.db", "empty.db"] {
        let folder = tempfile::tempdir().expect("a folder");
        let town = killed_after_sending(&folder.path().join("kept.db")).await;
        let store = at(&folder.path().join(next)).await;
        let mut sequencer = town.sequencer(store).await;
        let events = sequencer.tick().await.expect("a pass");
        assert!(!was_sent(&events), "{events:?}");
        // Bond, proposal, early answer.
        assert_eq!(proposals_after_mining(&town, sequencer).await, (1, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_writing_down_and_sending() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kept.db");
    let town = killed_after_sending(&file).await;
    // As if the node never got it.
    let store = at(&file).await;
    let open = gavel_sequencer::store::SentStore::unsettled(&store).await;
    let [sent] = &open.expect("a list")[..] else {
        panic!("one transaction is written down");
    };
    town.control("anvil_dropTransaction", json!([sent.hash]))
        .await;
    let mut sequencer = town.sequencer(store).await;
    let events = sequencer.tick().await.expect("a pass");
    assert!(!was_sent(&events), "the same one is sent again: {events:?}");
    assert_eq!(proposals_after_mining(&town, sequencer).await, (1, 3));
}
