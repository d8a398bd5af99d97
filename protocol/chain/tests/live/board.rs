//! Boards and inboxes as read from the chain.

use crate::rollup::{WATCHER, World};
use alloy::primitives::{Address, B256};
use gavel_chain::{BoardReader, ChainError, Deployment};
use gavel_dispute::{BatchState, Kind};
use gavel_primitives::{Hash, root_of_bytes};

#[tokio::test]
async fn a_deployment_survives_its_file_and_leads_to_the_contracts() {
    let world = World::deployed().await;
    let text = serde_json::to_string_pretty(&world.deployment).unwrap();
    let read: Deployment = serde_json::from_str(&text).unwrap();
    assert_eq!(read, world.deployment);
    let reader = world.board_reader(WATCHER).await;
    let bonds = reader.bonds().0;
    assert!(bonds[0] > bonds[1] && bonds[1] > bonds[2], "{bonds:?}");
}

#[tokio::test]
async fn another_chain_or_an_empty_address_is_refused() {
    let world = World::deployed().await;
    let connect =
        |deployment| BoardReader::connect(world.provider(), deployment, world.address(WATCHER));
    let elsewhere = Deployment {
        chain_id: 1,
        ..world.deployment.clone()
    };
    let refused = connect(elsewhere).await.unwrap_err();
    assert!(
        matches!(refused, ChainError::WrongChain { expected: 1, .. }),
        "{refused}"
    );
    let nowhere = Deployment {
        rollup: Address::repeat_byte(9),
        ..world.deployment.clone()
    };
    let refused = connect(nowhere).await.unwrap_err();
    assert!(
        matches!(
            refused,
            ChainError::NoCode {
                contract: "rollup",
                ..
            }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn requests_are_read_with_their_prompts_and_ids() {
    let world = World::with_inbox(3).await;
    let (_, inbox) = world.inbox().await;
    assert_eq!(inbox.lanes.len(), 1);
    assert_eq!(inbox.requests.len(), 3);
    let entry = &inbox.requests[&(0, 2)];
    assert_eq!(entry.prompt, b"request 2");
    assert_eq!(entry.request.prompt_root, root_of_bytes(b"request 2", 5));
    assert_eq!(entry.request.params.max_tokens, 8);
    let hub = gavel_chain::bindings::hub::Hub::new(world.deployment.hub, world.provider());
    let on_chain = hub.requestAt(0, 2).call().await.unwrap();
    assert_eq!(entry.request.id(), Hash(on_chain.0));
}

#[tokio::test]
async fn a_proposal_appears_on_the_board_with_the_context_of_its_dispute() {
    let world = World::with_inbox(3).await;
    let mut reader = world.board_reader(WATCHER).await;
    assert_eq!(reader.read().await.unwrap().batches, []);
    world.propose(2, B256::repeat_byte(5)).await;
    let board = reader.read().await.unwrap();
    let [batch] = &board.batches[..] else {
        panic!("one batch, not {:?}", board.batches);
    };
    assert_eq!(batch.root, Hash([5; 32]));
    assert_eq!(batch.state, BatchState::Proposed);
    assert_eq!(batch.closes, board.now + world.settings.window);
    let context = &batch.context;
    assert_eq!((context.kind, context.lane), (Kind::Batch, 0));
    assert_eq!((context.first, context.count, context.round), (0, 2, 0));
    assert_eq!(context.depth, world.settings.batch_depth);
    let hub = gavel_chain::bindings::hub::Hub::new(world.deployment.hub, world.provider());
    let accumulator = hub.accumulatorAt(0, 2).call().await.unwrap();
    assert_eq!(context.accumulator, Hash(accumulator.0));
    assert_eq!(
        reader.read().await.unwrap(),
        board,
        "reading again changes nothing"
    );
}
