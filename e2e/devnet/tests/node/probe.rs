//! A node, a client, and the contract of `tests/probe`.

use alloy::eips::BlockId;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, Bytes, hex};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Header, TransactionReceipt, TransactionRequest};
use alloy::sol;
use alloy::transports::{RpcError, TransportErrorKind};
use gavel_devnet::{DevAccount, Devnet, DevnetConfig};

sol! {
    #[sol(rpc)]
    #[derive(Debug)]
    interface Probe {
        event Changed(address indexed who, uint256 indexed value, bytes note);
        error TooLarge(uint256 got, uint256 limit);
        function value() external view returns (uint256);
        function set(uint256 to, bytes calldata note) external;
        function refuse() external pure;
        function swallow(bytes calldata junk) external;
        function nested(uint256 to) external;
        function surroundings() external view
            returns (uint256 timestamp, uint256 number, uint256 baseFee, bytes32 parent);
    }
}

/// The contract's creation code; `tests/probe/Probe.sol` says how it is made.
pub(crate) fn creation_code() -> Bytes {
    hex::decode(include_str!("../probe/Probe.hex").trim())
        .expect("hexadecimal")
        .into()
}

/// A node and a client that signs as its accounts, the first one by default.
pub(crate) struct Node {
    pub(crate) devnet: Devnet,
    pub(crate) client: DynProvider,
}

impl Node {
    pub(crate) fn start() -> Self {
        let devnet = Devnet::start(DevnetConfig::default()).expect("a free port");
        let client = client(&devnet.url(), devnet.accounts());
        Self { devnet, client }
    }

    pub(crate) fn address(&self, who: usize) -> Address {
        self.devnet.accounts()[who].address
    }

    /// The latest block's header.
    pub(crate) async fn head(&self) -> Header {
        let block = self.client.get_block(BlockId::latest()).await;
        block.expect("an answer").expect("a block").header
    }

    pub(crate) async fn probe(&self) -> Probe::ProbeInstance<DynProvider> {
        let receipt = deploy(&self.client).await;
        let address = receipt.contract_address.expect("a deployment");
        Probe::new(address, self.client.clone())
    }
}

/// A client of the node at `url` that signs for `accounts`.
pub(crate) fn client(url: &str, accounts: &[DevAccount]) -> DynProvider {
    let mut wallet = EthereumWallet::new(accounts[0].signer());
    for account in &accounts[1..] {
        wallet.register_signer(account.signer());
    }
    ProviderBuilder::new()
        .wallet(wallet)
        .connect_http(url.parse().expect("a URL"))
        .erased()
}

/// Deploys the contract.
pub(crate) async fn deploy(client: &DynProvider) -> TransactionReceipt {
    mined(
        client,
        TransactionRequest::default().with_deploy_code(creation_code()),
    )
    .await
}

/// Sends a transaction and waits for its receipt.
pub(crate) async fn mined(client: &DynProvider, request: TransactionRequest) -> TransactionReceipt {
    let sent = client.send_transaction(request).await.expect("sent");
    sent.get_receipt().await.expect("mined")
}

/// The code, message and data of a node's error.
pub(crate) fn refusal<T: std::fmt::Debug>(
    result: Result<T, RpcError<TransportErrorKind>>,
) -> (i64, String, Option<Bytes>) {
    match result.expect_err("an error") {
        RpcError::ErrorResp(payload) => {
            let data = payload.as_revert_data();
            (payload.code, payload.message.into_owned(), data)
        }
        other => panic!("no answer of the node: {other}"),
    }
}
