//! Transactions that wait too long, and blocks that are taken back.

use crate::town::{PROVIDER, Town, WINDOW, expected, rest};
use alloy::providers::Provider;
use gavel_sequencer::{Config, Event, SqliteStore};
use serde_json::json;

async fn memory() -> SqliteStore {
    SqliteStore::in_memory().await.expect("a database")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_is_replaced_by_one_that_offers_more() {
    let town = Town::start().await;
    town.ask("Question", 2).await;
    town.control("evm_setAutomine", json!([false])).await;
    let config = Config {
        patience_s: 0,
        ..Config::default()
    };
    let mut sequencer = town.sequencer_with(config, memory().await).await;
    let events = sequencer.tick().await.expect("a pass");
    let first = events.iter().find_map(|event| match event {
        Event::Sent { hash, .. } => Some(*hash),
        _ => None,
    });
    let first = first.expect("a proposal");
    // Patience is counted in whole seconds.
    let (mut passes, mut waits) = (0, true);
    while waits {
        sequencer.tick().await.expect("a pass");
        let known = town.provider().get_transaction_by_hash(first).await;
        waits = known.expect("the node answers").is_some();
        passes += 1;
        assert!(passes < 10_000, "it is never replaced");
    }
    town.control("evm_mine", json!([])).await;
    town.control("evm_setAutomine", json!([true])).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches().len(), 1);
    let receipt = town.provider().get_transaction_receipt(first).await;
    assert!(receipt.expect("the node answers").is_none());
    assert_eq!(town.sent_by(PROVIDER).await, 3, "bond, proposal, answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_another_one_s_place_after_a_reorg_is_answered_as_itself() {
    let town = Town::start().await;
    let before = town.control("evm_snapshot", json!([])).await;
    town.ask("Gone", 2).await;
    let mut sequencer = town.sequencer(memory().await).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches().len(), 1);
    town.control("evm_revert", json!([before])).await;
    let id = town.ask("Here", 2).await;
    rest(&mut sequencer).await;
    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().entries().len(), 1);
    assert_eq!(town.answer(id).await, expected("Here", 2));
}
