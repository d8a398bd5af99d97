//! A refunded request keeps its place, and is delivered to nobody.

use crate::town::{ETHER, PROVIDER, Town, USER, WINDOW, expected, rest};
use alloy::primitives::U256;
use gavel_chain::rollup::calls;
use gavel_sequencer::SqliteStore;

#[tokio::test(flavor = "multi_thread")]
async fn a_refunded_request_is_proposed_and_not_delivered() {
    let town = Town::without_bond().await;
    let refunded = town.ask("Too late", 2).await;
    let store = SqliteStore::in_memory().await.expect("a database");
    let mut sequencer = town.sequencer(store).await;
    rest(&mut sequencer).await;
    town.wait(3601).await;
    town.send(USER, calls::refund(&town.deployment, refunded))
        .await;
    let next = town.ask("In time", 2).await;
    let bond = calls::add_bond(&town.deployment, U256::from(10 * ETHER));
    town.send(PROVIDER, bond).await;
    rest(&mut sequencer).await;
    let batch = sequencer.ledger().batches()[0];
    assert_eq!((batch.first, batch.count), (0, 2), "it keeps its place");
    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    let [first, second] = sequencer.ledger().entries() else {
        panic!("two requests");
    };
    assert!(first.refunded && !first.early && !first.delivered && first.failures == 0);
    assert!(second.delivered);
    assert_eq!(town.answer(refunded).await, "");
    assert_eq!(town.answer(next).await, expected("In time", 2));
}
