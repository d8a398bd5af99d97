//! Transactions that are not taken, each with its reason.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEip7702, TxLegacy};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{B256, Bytes, Signature, TxKind, U256};

use super::{CHAIN_ID, GWEI, NOW, SINK, Scene, transfer};
use crate::chain::TxRejected;

/// What sending `tx` from account 0 of a fresh chain is refused with.
fn refusal(tx: TxEip1559) -> String {
    Scene::new().send(0, tx).unwrap_err().to_string()
}

#[test]
fn another_chain() {
    let error = refusal(TxEip1559 {
        chain_id: 1,
        ..transfer(0)
    });
    assert_eq!(error, "invalid chain id for signer: have 1 want 31337");
}

#[test]
fn no_replay_protection() {
    let mut scene = Scene::new();
    let mut tx = TxLegacy {
        chain_id: None,
        nonce: 0,
        gas_price: 20 * GWEI,
        gas_limit: 21_000,
        to: TxKind::Call(SINK),
        value: U256::ZERO,
        input: Bytes::new(),
    };
    let signature = scene.signature(0, &mut tx);
    let raw = tx.into_signed(signature).encoded_2718();
    let error = scene.chain.send_raw(&raw, NOW).unwrap_err();
    assert!(matches!(error, TxRejected::Unprotected), "{error}");
}

#[test]
fn types_that_are_not_supported() {
    let mut scene = Scene::new();
    let mut tx = TxEip7702 {
        chain_id: CHAIN_ID,
        to: SINK,
        ..TxEip7702::default()
    };
    let signature = scene.signature(0, &mut tx);
    let set_code = tx.into_signed(signature).encoded_2718();
    let error = scene.chain.send_raw(&set_code, NOW).unwrap_err();
    assert!(matches!(error, TxRejected::Type { ty: 4 }), "{error}");
    let error = scene.chain.send_raw(&[0x55, 0xc0], NOW).unwrap_err();
    assert!(matches!(error, TxRejected::Type { ty: 0x55 }), "{error}");
}

#[test]
fn bytes_that_are_no_envelope() {
    let mut scene = Scene::new();
    let raw = scene.sign(0, transfer(0));
    let surplus = [raw.as_slice(), &[0]].concat();
    for bytes in [&[][..], &[2], &raw[..raw.len() - 1], &surplus] {
        let error = scene.chain.send_raw(bytes, NOW).unwrap_err();
        assert!(matches!(error, TxRejected::Encoding(_)), "{error}");
    }
}

#[test]
fn a_signature_with_s_in_the_upper_half() {
    let mut scene = Scene::new();
    let mut tx = transfer(0);
    let low = scene.signature(0, &mut tx);
    // (r, n - s) with the other parity recovers to the same address; EIP-2 forbids it.
    let order = U256::from_be_bytes(
        B256::from(alloy::primitives::b256!(
            "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        ))
        .0,
    );
    let high = Signature::new(low.r(), order - low.s(), !low.v());
    let raw = tx.into_signed(high).encoded_2718();
    let error = scene.chain.send_raw(&raw, NOW).unwrap_err();
    assert!(matches!(error, TxRejected::Signature), "{error}");
}

#[test]
fn a_used_nonce() {
    let mut scene = Scene::new();
    scene.send(0, transfer(0)).unwrap();
    let error = scene.send(0, transfer(0)).unwrap_err();
    assert_eq!(error.to_string(), "nonce too low: next nonce 1, tx nonce 0");
}

#[test]
fn too_little_gas_to_begin_with() {
    let error = refusal(TxEip1559 {
        gas_limit: 20_999,
        ..transfer(0)
    });
    assert_eq!(
        error,
        "intrinsic gas too low: gas 20999, minimum needed 21000"
    );
}

#[test]
fn too_little_gas_for_the_calldata_floor() {
    // 100 bytes: 4 tokens each, 4 gas per token before execution (EIP-2028), 10 as the floor.
    let input = vec![1; 100].into();
    let error = refusal(TxEip1559 {
        gas_limit: 24_999,
        input,
        ..transfer(0)
    });
    assert_eq!(
        error,
        "insufficient gas for floor data gas cost: gas 24999, minimum needed 25000"
    );
}

#[test]
fn more_gas_than_one_transaction_may_have() {
    let error = refusal(TxEip1559 {
        gas_limit: (1 << 24) + 1,
        ..transfer(0)
    });
    assert_eq!(
        error,
        "transaction gas limit too high (cap: 16777216, tx: 16777217)"
    );
    let mut scene = Scene::new();
    scene
        .send(
            0,
            TxEip1559 {
                gas_limit: 1 << 24,
                ..transfer(0)
            },
        )
        .unwrap();
}

#[test]
fn more_than_the_sender_has() {
    let scene = Scene::new();
    let balance = scene.balance(scene.address(0));
    let error = refusal(TxEip1559 {
        value: balance,
        ..transfer(0)
    });
    let gas = U256::from(200_000u64) * U256::from(20 * GWEI);
    assert_eq!(
        error,
        format!(
            "insufficient funds for gas * price + value: balance {balance}, tx cost {}, overshot {gas}",
            balance + gas
        )
    );
}

#[test]
fn fees_that_do_not_fit() {
    let error = refusal(TxEip1559 {
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 0,
        ..transfer(0)
    });
    assert!(
        error.starts_with("max fee per gas less than block base fee"),
        "{error}"
    );
    let error = refusal(TxEip1559 {
        max_priority_fee_per_gas: 21 * GWEI,
        ..transfer(0)
    });
    assert!(
        error.starts_with("max priority fee per gas higher than max fee per gas"),
        "{error}"
    );
}

#[test]
fn too_many_bytes() {
    let input = vec![0; 128 * 1024].into();
    let error = refusal(TxEip1559 {
        gas_limit: 10_000_000,
        input,
        ..transfer(0)
    });
    assert!(
        error.starts_with("oversized data: transaction size 1311"),
        "{error}"
    );
    assert!(error.ends_with("limit 131072"), "{error}");
}

#[test]
fn too_much_init_code() {
    let input = vec![0; 2 * 24_576 + 1].into();
    let tx = TxEip1559 {
        gas_limit: 10_000_000,
        to: TxKind::Create,
        input,
        ..transfer(0)
    };
    assert_eq!(refusal(tx), "max initcode size exceeded: code size 49153");
}

#[test]
fn a_replacement_that_pays_too_little_more() {
    let mut scene = Scene::manual();
    scene.send(0, transfer(0)).unwrap();
    let again = scene.send(0, transfer(0)).unwrap_err();
    assert!(matches!(again, TxRejected::AlreadyKnown), "{again}");
    let bumped = |fee, tip| TxEip1559 {
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: tip,
        ..transfer(0)
    };
    let low = scene.send(0, bumped(22 * GWEI, GWEI)).unwrap_err();
    assert!(matches!(low, TxRejected::Underpriced), "{low}");
    let low = scene.send(0, bumped(22 * GWEI - 1, 2 * GWEI)).unwrap_err();
    assert!(matches!(low, TxRejected::Underpriced), "{low}");
    let taken = scene.send(0, bumped(22 * GWEI, GWEI * 11 / 10)).unwrap();
    scene.chain.mine(NOW);
    assert_eq!(scene.chain.head().transactions().len(), 1);
    assert!(scene.chain.transaction(taken).is_some());
}
