//! The table of methods.

use super::{Method, control, fees, ledger, node, world};

/// The method of this name. Development methods go by the names of several nodes.
pub(super) fn find(name: &str) -> Option<Method> {
    Some(match name {
        "web3_clientVersion" => node::client_version,
        "net_version" => node::net_version,
        "net_listening" => node::net_listening,
        "eth_chainId" => node::chain_id,
        "eth_syncing" => node::syncing,
        "eth_accounts" => node::accounts,

        "eth_blockNumber" => ledger::block_number,
        "eth_getBlockByNumber" => ledger::block_by_number,
        "eth_getBlockByHash" => ledger::block_by_hash,
        "eth_getBlockReceipts" => ledger::block_receipts,
        "eth_getTransactionByHash" => ledger::transaction_by_hash,
        "eth_getTransactionReceipt" => ledger::transaction_receipt,
        "eth_getLogs" => ledger::logs,

        "eth_getBalance" => world::balance,
        "eth_getTransactionCount" => world::transaction_count,
        "eth_getCode" => world::code,
        "eth_getStorageAt" => world::storage_at,
        "eth_call" => world::call,
        "eth_estimateGas" => world::estimate_gas,
        "eth_sendRawTransaction" => world::send_raw_transaction,

        "eth_gasPrice" => fees::gas_price,
        "eth_maxPriorityFeePerGas" => fees::max_priority_fee_per_gas,
        "eth_feeHistory" => fees::fee_history,

        "evm_snapshot" | "anvil_snapshot" => control::snapshot,
        "evm_revert" | "anvil_revert" => control::revert,
        "evm_mine" => control::mine_one,
        "anvil_mine" | "hardhat_mine" => control::mine_many,
        "evm_increaseTime" | "anvil_increaseTime" => control::increase_time,
        "evm_setNextBlockTimestamp" | "anvil_setNextBlockTimestamp" => control::set_next_timestamp,
        "evm_setAutomine" | "anvil_setAutomine" => control::set_automine,
        "anvil_getAutomine" | "hardhat_getAutomine" => control::get_automine,
        "evm_setIntervalMining" | "anvil_setIntervalMining" => control::set_interval_mining,
        "anvil_setBalance" | "hardhat_setBalance" => control::set_balance,
        "anvil_setNextBlockBaseFeePerGas" | "hardhat_setNextBlockBaseFeePerGas" => {
            control::set_next_base_fee
        }
        "anvil_dropTransaction" | "hardhat_dropTransaction" => control::drop_transaction,
        _ => return None,
    })
}
