//! A deployed rollup on an embedded chain, with a lane and an inbox.

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, U256, Uint},
    providers::{DynProvider, Provider, ProviderBuilder},
};
use gavel_chain::{
    BoardReader, Call, Deployment, FeePolicy, InboxReader, Sender, Settings,
    bindings::{hub::Hub, registry::ModelRegistry, rollup::Rollup},
    convert, deploy,
};
use gavel_devnet::{Devnet, DevnetConfig};
use gavel_primitives::Params;

/// One ether.
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;

/// Roles, as numbers of the chain's funded accounts.
pub(crate) const OPERATOR: usize = 0;
pub(crate) const PROVIDER: usize = 1;
pub(crate) const WATCHER: usize = 2;

const IMAGE: B256 = B256::repeat_byte(7);

pub(crate) struct World {
    pub(crate) node: Devnet,
    pub(crate) deployment: Deployment,
    pub(crate) settings: Settings,
}

impl World {
    /// A chain with a rollup on it.
    pub(crate) async fn deployed() -> Self {
        let node = Devnet::start(DevnetConfig::default()).expect("a free port");
        let settings = Settings::development(IMAGE, Address::repeat_byte(0x7e));
        let operator = &node.accounts()[OPERATOR];
        let provider = signing(&node, OPERATOR);
        let deployment = deploy(&provider, operator.address, &settings)
            .await
            .expect("the contracts are deployed");
        World {
            node,
            deployment,
            settings,
        }
    }

    /// The same with a program, an open lane 0, bonded provider and watcher, and `requests` in the inbox.
    pub(crate) async fn with_inbox(requests: u64) -> Self {
        let world = World::deployed().await;
        let mut operator = world.sender(OPERATOR);
        let registry = world.deployment.registry;
        let hub = world.deployment.hub;
        let header = header();
        let register = ModelRegistry::registerCall {
            header,
            parent: B256::ZERO,
            name: "toy".into(),
            uri: "none".into(),
        };
        send(&mut operator, Call::new("register", registry, &register)).await;
        let (_, inbox) = world.inbox().await;
        let program = *inbox.programs.keys().next().expect("one program");
        let lane = Hub::createLaneCall {
            programId: B256::from(program.0),
            price: Hub::Price {
                perRequest: Uint::ZERO,
                perPromptByte: Uint::ZERO,
                perToken: Uint::ZERO,
                perCallbackGas: Uint::ZERO,
            },
        };
        send(&mut operator, Call::new("createLane", hub, &lane)).await;
        for who in [PROVIDER, WATCHER] {
            world.add_bond(who).await;
        }
        let attest = Call::new(
            "attest",
            world.deployment.rollup,
            &Rollup::attestCall { lane: 0 },
        );
        send(&mut world.sender(WATCHER), attest).await;
        for place in 0..requests {
            let request = Hub::requestCall {
                lane: 0,
                prompt: format!("request {place}").into_bytes().into(),
                params: convert::hub_params(&Params::greedy(8)),
                callbackGas: 0,
            };
            send(&mut operator, Call::new("request", hub, &request)).await;
        }
        world
    }

    async fn add_bond(&self, who: usize) {
        let call = Call::new("addBond", self.deployment.rollup, &Rollup::addBondCall {});
        let call = call.with_value(U256::from(10 * ETHER));
        send(&mut self.sender(who), call).await;
    }

    /// Proposes the first `count` requests with `root`.
    pub(crate) async fn propose(&self, count: u64, root: B256) {
        let call = Rollup::proposeCall {
            lane: 0,
            first: 0,
            count,
            root,
        };
        let call = Call::new("propose", self.deployment.rollup, &call);
        send(&mut self.sender(PROVIDER), call).await;
    }

    pub(crate) fn provider(&self) -> DynProvider {
        ProviderBuilder::new()
            .connect_http(self.node.url().parse().expect("a URL"))
            .erased()
    }

    pub(crate) fn address(&self, who: usize) -> Address {
        self.node.accounts()[who].address
    }

    pub(crate) fn sender(&self, who: usize) -> Sender<DynProvider> {
        self.sender_with(who, FeePolicy::local())
    }

    pub(crate) fn sender_with(&self, who: usize, policy: FeePolicy) -> Sender<DynProvider> {
        let wallet = EthereumWallet::from(self.node.accounts()[who].signer());
        Sender::new(self.provider(), wallet, policy)
    }

    pub(crate) async fn board_reader(&self, who: usize) -> BoardReader<DynProvider> {
        BoardReader::connect(self.provider(), self.deployment.clone(), self.address(who))
            .await
            .expect("the deployment is there")
    }

    pub(crate) async fn inbox(&self) -> (gavel_chain::Head, gavel_chain::Inbox) {
        let mut reader = InboxReader::new(self.provider(), &self.deployment);
        let (head, inbox) = reader.read().await.expect("the node answers");
        (head, inbox.clone())
    }

    /// A raw call of the node's controls.
    pub(crate) async fn control(&self, method: &'static str, params: serde_json::Value) -> String {
        let client = self.provider();
        let answer: serde_json::Value = client
            .raw_request(method.into(), params)
            .await
            .expect("the node has this control");
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Lets `seconds` pass.
    pub(crate) async fn wait(&self, seconds: u64) {
        self.control("evm_increaseTime", serde_json::json!([seconds]))
            .await;
        self.control("evm_mine", serde_json::json!([])).await;
    }
}

pub(crate) async fn send(sender: &mut Sender<DynProvider>, call: Call) -> gavel_chain::Sent {
    let name = call.name;
    match sender.send(call).await {
        Ok(sent) => sent,
        Err(error) => panic!("{name}: {error:?}"),
    }
}

/// A provider that signs by itself, as deployments need.
fn signing(node: &Devnet, who: usize) -> DynProvider {
    let wallet = EthereumWallet::from(node.accounts()[who].signer());
    ProviderBuilder::new()
        .wallet(wallet)
        .connect_http(node.url().parse().expect("a URL"))
        .erased()
}

/// The smallest header that the registry takes.
fn header() -> ModelRegistry::ProgramHeader {
    ModelRegistry::ProgramHeader {
        weightsRoot: B256::ZERO,
        graphRoot: B256::ZERO,
        slotsRoot: B256::ZERO,
        templateRoot: B256::ZERO,
        scratchRoot: B256::ZERO,
        imageRoot: IMAGE,
        entry: 0,
        imageDepth: 0,
        nodeCount: 1,
        weightCount: 0,
        persistentCount: 3,
        scratchCount: 0,
        promptSlot: 0,
        controlSlot: 1,
        outputSlot: 2,
        promptDepth: 5,
        outputDepth: 5,
        weightDepth: 0,
        slotDepth: 2,
        nodeDepth: 2,
        stepDepth: 6,
        traceDepth: 10,
        maxPromptBytes: 1024,
        context: 32,
        maxOutputBytes: 1024,
        abiVersion: 1,
    }
}
