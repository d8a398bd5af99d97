//! Headers, base fees, and what a block takes in.

use alloy::consensus::{EMPTY_ROOT_HASH, TxEip1559};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::Bloom;

use super::{GWEI, NOW, Scene, store, transfer};
use crate::chain::UnixTime;
use crate::config::ChainConfig;

#[test]
fn blocks_chain_up_and_time_never_stands_still() {
    let mut scene = Scene::new();
    for _ in 0..3 {
        scene.chain.mine(NOW);
    }
    for number in 1..=3 {
        let parent = scene.chain.block_by_number(number - 1).unwrap();
        let block = scene.chain.block_by_number(number).unwrap();
        assert_eq!(block.header().parent_hash, parent.hash());
        assert_eq!(block.header().timestamp, NOW.0 + number);
        assert_eq!(
            scene.chain.block_by_hash(block.hash()).unwrap().number(),
            number
        );
    }
}

#[test]
fn a_block_hash_is_the_hash_of_its_header() {
    let mut scene = Scene::new();
    scene.send(0, transfer(0)).unwrap();
    let head = scene.chain.head();
    assert_eq!(head.hash(), head.header().hash_slow());
}

#[test]
fn roots_and_bloom_speak_of_the_transactions() {
    let mut scene = Scene::new();
    let empty = scene.chain.mine(NOW).header().clone();
    assert_eq!(empty.transactions_root, EMPTY_ROOT_HASH);
    assert_eq!(empty.receipts_root, EMPTY_ROOT_HASH);
    assert_eq!(empty.logs_bloom, Bloom::ZERO);
    let contract = scene.deploy();
    scene.send(0, store(1, contract, 3)).unwrap();
    let head = scene.chain.head();
    assert!(
        head.block
            .sealed_block()
            .ensure_transaction_root_valid()
            .is_ok()
    );
    assert_ne!(head.header().receipts_root, EMPTY_ROOT_HASH);
    assert!(
        head.header()
            .logs_bloom
            .contains_input(alloy::primitives::BloomInput::Raw(contract.as_slice()))
    );
}

#[test]
fn the_base_fee_follows_fullness() {
    // EIP-1559: an empty block takes an eighth off, a full one adds an eighth.
    let mut scene = Scene::with(ChainConfig {
        block_gas_limit: 21_000,
        ..ChainConfig::default()
    });
    scene.chain.mine(NOW);
    assert_eq!(scene.chain.head().base_fee(), 875_000_000);
    let empty_below = scene.chain.base_fee_of_next();
    assert_eq!(empty_below, 765_625_000);
    scene
        .send(
            0,
            TxEip1559 {
                gas_limit: 21_000,
                ..transfer(0)
            },
        )
        .unwrap();
    assert_eq!(
        scene.chain.base_fee_of_next(),
        empty_below + empty_below / 8
    );
    scene.chain.set_next_base_fee(42);
    assert_eq!(scene.chain.mine(NOW).base_fee(), 42);
}

#[test]
fn a_block_takes_what_fits_best_tips_first() {
    let config = ChainConfig {
        block_gas_limit: 100_000,
        ..ChainConfig::default()
    };
    let mut scene = Scene::with(config);
    scene.chain.set_mining(crate::chain::Mining::Manual, NOW);
    // With 21,000 used each, a third limit of 60,000 no longer fits into 100,000.
    let mut sent = Vec::new();
    for (who, tip) in [(0, 1), (1, 3), (2, 2)] {
        let tx = TxEip1559 {
            gas_limit: 60_000,
            max_priority_fee_per_gas: tip * GWEI,
            ..transfer(0)
        };
        sent.push(scene.send(who, tx).unwrap());
    }
    let first: Vec<_> = scene
        .chain
        .mine(NOW)
        .transactions()
        .iter()
        .map(|tx| *tx.tx_hash())
        .collect();
    assert_eq!(first, [sent[1], sent[2]]);
    let second: Vec<_> = scene
        .chain
        .mine(NOW)
        .transactions()
        .iter()
        .map(|tx| *tx.tx_hash())
        .collect();
    assert_eq!(second, [sent[0]]);
}

#[test]
fn a_low_fee_cap_waits_for_a_cheaper_block() {
    let mut scene = Scene::manual();
    let cheap = TxEip1559 {
        max_fee_per_gas: 900_000_000,
        max_priority_fee_per_gas: 0,
        ..transfer(0)
    };
    // The first block costs 875,000,000, so ask for 1,000,000,000 first.
    scene.chain.set_next_base_fee(1_000_000_000);
    let hash = scene.send(0, cheap).unwrap();
    scene.chain.mine(NOW);
    assert!(scene.chain.transaction(hash).is_none());
    scene.chain.mine(NOW);
    assert_eq!(scene.chain.transaction(hash).unwrap().0.number(), 2);
}

#[test]
fn fee_history_reports_fees_fullness_and_tips() {
    let mut scene = Scene::new();
    scene.chain.mine(NOW);
    scene.send(0, transfer(0)).unwrap();
    let history = scene
        .chain
        .fee_history(2, BlockNumberOrTag::Latest, &[50.0])
        .unwrap();
    assert_eq!(history.oldest_block, 1);
    assert_eq!(history.base_fee_per_gas.len(), 3);
    assert_eq!(history.base_fee_per_gas[..2], [875_000_000, 765_625_000]);
    assert_eq!(history.gas_used_ratio, [0.0, 21_000.0 / 60_000_000.0]);
    assert_eq!(history.reward, Some(vec![vec![0], vec![GWEI]]));
}

#[test]
fn tags_name_blocks() {
    let config = ChainConfig {
        finality_depth: 2,
        ..ChainConfig::default()
    };
    let mut scene = Scene::with(config);
    assert_eq!(scene.chain.number(BlockNumberOrTag::Finalized), Some(0));
    for second in 0..5 {
        scene.chain.mine(UnixTime(NOW.0 + second));
    }
    assert_eq!(scene.chain.number(BlockNumberOrTag::Latest), Some(5));
    assert_eq!(scene.chain.number(BlockNumberOrTag::Safe), Some(3));
    assert_eq!(scene.chain.number(BlockNumberOrTag::Finalized), Some(3));
    assert_eq!(scene.chain.number(BlockNumberOrTag::Earliest), Some(0));
}
