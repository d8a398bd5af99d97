//! A dApp asks, the sequencer answers, the callback gets the text.

use crate::town::{PROVIDER, Town, WINDOW, expected, rest};
use gavel_dispute::BatchState;
use gavel_sequencer::{Event, SequencerError, SqliteStore};

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
    let config = gavel_sequencer::Config {
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
    let all = |entry: &gavel_chain::rollup::Entry| entry.delivered;
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
    let out = gavel_chain::rollup::calls::withdraw_bond(&town.deployment, 10 * crate::town::ETHER);
    town.send(crate::town::WATCHER, out).await;
    let mut sequencer = town.sequencer(memory().await).await;
    let events = sequencer.tick().await.expect("a pass");
    assert!(events.contains(&Event::NoPlayer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_serves_one_deployment() {
    let (town, other) = (Town::start().await, Town::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sequencer.db");
    // Equal chains: addresses are equal too, so the hub is moved.
    let store = SqliteStore::open(&file).await.expect("a database");
    drop(town.sequencer(store.clone()).await);
    let mut link = other.link();
    std::mem::swap(&mut link.deployment.start_block, &mut 0);
    let config = gavel_sequencer::Config {
        lane: 1,
        ..Default::default()
    };
    let price = gavel_chain::rollup::Price::default();
    let program = crate::town::ENGINE.program().id;
    let lane = gavel_chain::rollup::calls::create_lane(&other.deployment, program, price);
    other.send(crate::town::OPERATOR, lane).await;
    let answers = gavel_sequencer::EngineAnswers::new(crate::town::ENGINE.clone(), None);
    let refused =
        gavel_sequencer::Sequencer::new(config, link, store.into(), std::sync::Arc::new(answers))
            .await;
    assert!(matches!(
        refused.err(),
        Some(SequencerError::Store(
            gavel_sequencer::store::StoreError::Foreign { .. }
        ))
    ));
}
