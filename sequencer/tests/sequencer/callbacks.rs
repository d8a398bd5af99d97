//! Callbacks that fail do not stop anybody else.

use crate::town::{ETHER, PROVIDER, Town, USER, WINDOW, expected, rest};
use alloy::{
    primitives::{Address, U256, hex, keccak256},
    sol_types::SolValue,
};
use gavel_chain::{Call, rollup::calls};
use gavel_primitives::{Hash, Params};
use gavel_sequencer::{Event, SqliteStore};

/// Burns all gas.
const INVALID: &[u8] = &hex!("fe");
/// Reverts at once.
const REVERT: &[u8] = &hex!("5f5ffd");

/// A contract that forwards `address || call` to the address with the value sent, and meets its callback with `failing`.
fn forwarder(failing: &[u8]) -> Vec<u8> {
    let selector = &keccak256("onGavelAnswer(bytes32,uint8,bytes,bool)")[..4];
    let runtime = [
        // If the selector is the callback's, go to the end.
        &hex!("5f3560e01c63")[..],
        selector,
        &hex!("14602857"),
        // Copy what follows the first word and call the first word with it; revert if that fails.
        &hex!("602036038060205f375f5f825f345f355af16026575f5ffd5b00"),
        &hex!("5b"),
        failing,
    ]
    .concat();
    let length = u8::try_from(runtime.len()).expect("a short program");
    // Copies the runtime code behind these nine bytes and returns it.
    [&[0x60, length], &hex!("8060095f395ff3")[..], &runtime].concat()
}

async fn ask_through(town: &Town, contract: Address) -> Hash {
    let params = Params::greedy(2);
    let inner = calls::request(&town.deployment, 0, b"Hello", &params, 100_000, U256::ZERO);
    let call = Call {
        name: "forward",
        to: contract,
        input: [inner.to.abi_encode(), inner.input.to_vec()]
            .concat()
            .into(),
        value: U256::from(ETHER),
    };
    let sent = town.send(USER, call).await;
    town.asked_in(sent.hash).await
}

async fn fails_and_is_left(failing: &[u8]) {
    let town = Town::start().await;
    let contract = town.deploy_code(forwarder(failing)).await;
    let bad = ask_through(&town, contract).await;
    let good = town.ask("Question", 2).await;
    let store = SqliteStore::in_memory().await.expect("a database");
    let mut sequencer = town.sequencer(store).await;
    rest(&mut sequencer).await;
    town.wait(WINDOW + 1).await;
    let events = rest(&mut sequencer).await;

    assert_eq!(town.answer(good).await, expected("Question", 2));
    let [first, second] = sequencer.ledger().entries() else {
        panic!("two requests");
    };
    assert!(!first.delivered && second.delivered);
    assert_eq!(first.failures, 2, "as often as it is tried");
    let given_up = Event::GivenUp {
        id: bad,
        failures: 2,
    };
    assert!(events.contains(&given_up), "{events:?}");

    let before = town.sent_by(PROVIDER).await;
    town.wait(1000).await;
    rest(&mut sequencer).await;
    assert_eq!(town.sent_by(PROVIDER).await, before, "it is left alone");
    let next = town.ask("Another", 2).await;
    rest(&mut sequencer).await;
    town.wait(WINDOW + 1).await;
    rest(&mut sequencer).await;
    assert_eq!(town.answer(next).await, expected("Another", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_reverts_is_tried_twice_and_left() {
    fails_and_is_left(REVERT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_burns_its_gas_is_tried_twice_and_left() {
    fails_and_is_left(INVALID).await;
}
