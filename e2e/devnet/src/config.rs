//! What a development chain is started with.

use std::net::SocketAddr;

use alloy::primitives::{Address, U256};

/// Settings of a chain; `Default` is what `gavel devnet` starts.
#[derive(Clone, Debug)]
pub struct DevnetConfig {
    /// Where the JSON-RPC server listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The rules and the first state of the chain behind it.
    pub chain: ChainConfig,
}

impl Default for DevnetConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            chain: ChainConfig::default(),
        }
    }
}

/// The rules and the first state of a chain.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Gas limit of every block.
    pub block_gas_limit: u64,
    /// Base fee of the first block, in wei per gas; later ones follow EIP-1559.
    pub base_fee: u64,
    /// How many development accounts exist at genesis.
    pub accounts: u32,
    /// Their balance at genesis, in wei.
    pub balance: U256,
    /// Who receives the priority fees.
    pub beneficiary: Address,
    /// How far the `finalized` and `safe` tags stay behind the head, in blocks.
    pub finality_depth: u64,
    /// Largest transaction the pool takes, in bytes of its envelope. The default is what
    /// go-ethereum's pool takes (`txMaxSize`, 128 KiB).
    pub max_transaction_bytes: usize,
}

/// 10^18: the wei of one ether.
const WEI_PER_ETHER: u64 = 1_000_000_000_000_000_000;

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            block_gas_limit: 60_000_000,
            base_fee: 1_000_000_000,
            accounts: 10,
            balance: U256::from(10_000) * U256::from(WEI_PER_ETHER),
            beneficiary: Address::ZERO,
            finality_depth: 0,
            max_transaction_bytes: 128 * 1024,
        }
    }
}
