//! A dApp asks, the sequencer answers, the callback gets the text.

use crate::town::{ENGINE, ETHER, OPERATOR, PROVIDER, Town, WATCHER, WINDOW, expected, rest};
use gavel_chain::rollup::{Entry, Price, calls};
use gavel_dispute::BatchState;
use gavel_sequencer::{
    Config, EngineAnswers, Event, Sequencer, SequencerError, SqliteStore, store::StoreError,
};
use std::sync::Arc;

const PROPOSAL: &str = "Swap 250,000 USDC of the treasury into stETH.";

async fn memory() -> SqliteStore {
    SqliteStore::in_memory().await.expect("a database")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_early_and_then_for_good() {
    let town = Town::start().await;
    let mut sequencer = town.sequencer(memory().await).await;
    let prompt = gavel_zoo::prompt(PROPOSAL);
    let id = town.ask(&prompt, 24).await;

    rest(&mut sequencer).await;
    let entry = &sequencer.ledger().entries()[0];
    assert_eq!(entry.asked.id, id);
    assert!(entry.early && !entry.delivered);
    assert_eq!(sequencer.ledger().batches()[0].state, BatchState::Proposed);
    assert_eq!(town.answer(id).await, "", "nothing is final yet");

    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches()[0].state, BatchState::Final);
    assert!(sequencer.ledger().entries()[0].delivered);
    let answer = town.answer(id).await;
    assert_eq!(answer, expected(&prompt, 24));
    assert_eq!(gavel_zoo::category(&answer), Some("treasury"));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_follow_the_inbox_and_are_as_large_as_allowed() {
    let town = Town::start().await;
    for number in 0..5 {
        town.ask(&format!("Question {number}"), 2).await;
    }
    let config = Config {
        max_batch: 2,
        optimistic: false,
        ..Default::default()
    };
    let mut sequencer = town.sequencer_with(config, memory().await).await;
    rest(&mut sequencer).await;
    let ranges: Vec<_> = sequencer
        .ledger()
        .batches()
        .iter()
        .map(|batch| (batch.first, batch.count))
        .collect();
    assert_eq!(ranges, [(0, 2), (2, 2), (4, 1)]);
    let early = sequencer.ledger().entries().iter().any(|entry| entry.early);
    assert!(!early, "early answers are off");
    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    let all = |entry: &Entry| entry.delivered;
    assert!(sequencer.ledger().entries().iter().all(all));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bond_nothing_is_proposed_and_it_is_said_once() {
    let town = Town::without_bond().await;
    town.ask("Question", 2).await;
    let mut sequencer = town.sequencer(memory().await).await;
    let events = rest(&mut sequencer).await;
    let said = |event: &&Event| matches!(event, Event::BondTooSmall { free: 0, .. });
    assert_eq!(events.iter().filter(said).count(), 1);
    assert_eq!(town.sent_by(PROVIDER).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_without_a_bond_is_no_player() {
    let town = Town::start().await;
    let mut sequencer = town.sequencer(memory().await).await;
    let events = sequencer.tick().await.expect("a pass");
    assert!(!events.contains(&Event::NoPlayer), "the watcher has a bond");
    let out = calls::withdraw_bond(&town.deployment, 10 * ETHER);
    town.send(WATCHER, out).await;
    let mut sequencer = town.sequencer(memory().await).await;
    let events = sequencer.tick().await.expect("a pass");
    assert!(events.contains(&Event::NoPlayer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_serves_one_lane() {
    let town = Town::start().await;
    let program = ENGINE.program().id;
    let second = calls::create_lane(&town.deployment, program, Price::default());
    town.send(OPERATOR, second).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("sequencer.db")).await;
    let store = store.expect("a database");
    drop(town.sequencer(store.clone()).await);
    let config = Config {
        lane: 1,
        ..Config::default()
    };
    let capacity = Config::default().capacity(&ENGINE);
    let answers = EngineAnswers::new(ENGINE.clone(), None, capacity);
    let answers = Arc::new(answers.expect("a fair capacity"));
    let refused = Sequencer::new(config, town.link(), store.into(), answers).await;
    assert!(matches!(
        refused.err(),
        Some(SequencerError::Store(StoreError::Foreign { .. }))
    ));
}
