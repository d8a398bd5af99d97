//! The EVM set up with this chain's rules: hardfork Osaka, mainnet's gas table.

use std::convert::Infallible;

use alloy::consensus::{Header, Transaction, Typed2718};
use alloy::primitives::{Address, U256};
use revm::context::result::{EVMError, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::database_interface::WrapDatabaseRef;
use revm::handler::{EthFrame, Handler, MainnetContext, MainnetHandler};
use revm::primitives::hardfork::SpecId;
use revm::{Context, DatabaseRef, ExecuteEvm, MainBuilder, MainContext, MainnetEvm};

use super::block::SignedTx;

type Evm<DB> = MainnetEvm<MainnetContext<WrapDatabaseRef<DB>>>;

/// The rules for transactions: Osaka with every check on.
pub(super) fn rules(chain_id: u64) -> CfgEnv {
    CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(chain_id)
}

/// The rules for a call that nobody signed: any nonce, any caller, no gas cap per transaction, and
/// fees only where it names them.
pub(super) fn lenient_rules(chain_id: u64, call: &TxEnv) -> CfgEnv {
    let mut rules = rules(chain_id);
    rules.disable_nonce_check = true;
    rules.disable_eip3607 = true;
    rules.disable_base_fee = call.gas_price == 0;
    rules.tx_gas_limit_cap = Some(u64::MAX);
    rules
}

/// What the block instructions see inside a block with this header.
pub(super) fn block_env(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        prevrandao: Some(header.mix_hash),
        ..BlockEnv::default()
    }
}

/// The transaction as the EVM takes it.
pub(super) fn tx_env(tx: &SignedTx, sender: Address) -> TxEnv {
    TxEnv {
        tx_type: tx.ty(),
        caller: sender,
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        ..TxEnv::default()
    }
}

/// Runs a transaction on `db`, which stays as it is.
pub(super) fn execute<DB: DatabaseRef<Error = Infallible>>(
    db: DB,
    rules: CfgEnv,
    block: BlockEnv,
    tx: TxEnv,
) -> Result<ResultAndState, EVMError<Infallible>> {
    build(db, rules, block).transact(tx)
}

/// Checks all that makes a transaction valid, short of running it.
pub(super) fn validate<DB: DatabaseRef<Error = Infallible>>(
    db: DB,
    rules: CfgEnv,
    block: BlockEnv,
    tx: TxEnv,
) -> Result<(), EVMError<Infallible>> {
    let mut evm = build(db, rules, block);
    evm.ctx.tx = tx;
    MainnetHandler::<Evm<DB>, EVMError<Infallible>, EthFrame>::default()
        .validate(&mut evm)
        .map(|_gas| ())
}

fn build<DB: DatabaseRef<Error = Infallible>>(db: DB, rules: CfgEnv, block: BlockEnv) -> Evm<DB> {
    Context::mainnet()
        .with_db(WrapDatabaseRef(db))
        .with_cfg(rules)
        .with_block(block)
        .build_mainnet()
}
