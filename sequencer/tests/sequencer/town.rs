//! A chain with a rollup on it, a lane of the embedded model, those who ask and those who answer.

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use gavel_chain::{
    Call, Deployment, FeePolicy, Sender, Settings,
    bindings::{hub::Hub, triage::ProposalTriage},
    convert::b256,
    deploy,
    rollup::{Price, calls},
};
use gavel_devnet::{Devnet, DevnetConfig};
use gavel_dispute::payload::HeaderWords;
use gavel_engine::{Engine, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile};
use gavel_primitives::{Hash, Params};
use gavel_sequencer::{Config, EngineAnswers, Event, Link, Sequencer, SqliteStore};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// One ether.
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
/// Seconds of the window.
pub(crate) const WINDOW: u64 = 60;

/// Roles, as numbers of the chain's funded accounts.
pub(crate) const OPERATOR: usize = 0;
pub(crate) const PROVIDER: usize = 1;
pub(crate) const WATCHER: usize = 2;
pub(crate) const USER: usize = 3;

pub(crate) static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let file = ModelFile::from_bytes(gavel_zoo::MODEL);
    let image = ImageInfo {
        root: gavel_image::image_root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    };
    let program = gavel_formats::import(&file, &Limits::default(), image);
    let program = Arc::new(program.expect("the embedded model is supported"));
    Arc::new(Engine::new(program, Box::new(Native)))
});

pub(crate) struct Town {
    pub(crate) node: Devnet,
    pub(crate) deployment: Deployment,
    pub(crate) triage: Address,
}

impl Town {
    /// Everything in place for the first question; the provider has bonds for three batches.
    pub(crate) async fn start() -> Self {
        let town = Town::without_bond().await;
        let bond = 10 * ETHER;
        town.send(
            PROVIDER,
            calls::add_bond(&town.deployment, U256::from(bond)),
        )
        .await;
        town
    }

    /// The same, but the provider has no bond.
    pub(crate) async fn without_bond() -> Self {
        let node = Devnet::start(DevnetConfig::default()).expect("a free port");
        let image = B256::from(gavel_image::image_root().0);
        let mut settings = Settings::development(image, Address::repeat_byte(0x7e));
        settings.window = WINDOW;
        settings.refund_delay = 3600;
        let operator = signing(&node, OPERATOR);
        let deployment = deploy(&operator, node.accounts()[OPERATOR].address, &settings)
            .await
            .expect("the contracts are deployed");
        let triage = ProposalTriage::deploy(&operator, deployment.hub, 0, 512)
            .await
            .expect("the example is deployed");
        let town = Town {
            triage: *triage.address(),
            node,
            deployment,
        };
        town.open_lane().await;
        town
    }

    async fn open_lane(&self) {
        let (at, program) = (&self.deployment, ENGINE.program());
        let header = HeaderWords(program.header.words());
        let register = calls::register(at, &header, Hash::ZERO, "clerk", "none");
        self.send(OPERATOR, register.expect("a program's header"))
            .await;
        let price = Price {
            per_request: 1_000_000,
            per_prompt_byte: 1_000,
            per_token: 10_000,
            per_callback_gas: 10,
        };
        self.send(OPERATOR, calls::create_lane(at, program.id, price))
            .await;
        self.send(WATCHER, calls::add_bond(at, U256::from(10 * ETHER)))
            .await;
        self.send(WATCHER, calls::attest(at, 0)).await;
    }

    pub(crate) fn provider(&self) -> DynProvider {
        ProviderBuilder::new()
            .connect_http(self.node.url().parse().expect("a URL"))
            .erased()
    }

    pub(crate) async fn send(&self, who: usize, call: Call) -> gavel_chain::Sent {
        let wallet = EthereumWallet::from(self.node.accounts()[who].signer());
        let name = call.name;
        match Sender::new(self.provider(), wallet, FeePolicy::local())
            .send(call)
            .await
        {
            Ok(sent) => sent,
            Err(error) => panic!("{name}: {error:?}"),
        }
    }

    /// Asks through the example dApp; gives the request's id.
    pub(crate) async fn ask(&self, text: &str, max_tokens: u32) -> Hash {
        let ask = ProposalTriage::askCall {
            text: text.to_owned(),
            maxTokens: max_tokens,
        };
        let call = Call::new("ask", self.triage, &ask).with_value(U256::from(ETHER));
        let sent = self.send(USER, call).await;
        self.asked_in(sent.hash).await
    }

    pub(crate) async fn asked_in(&self, transaction: B256) -> Hash {
        let receipt = self.provider().get_transaction_receipt(transaction).await;
        let receipt = receipt.expect("the node answers").expect("it is included");
        let event = receipt.decoded_log::<Hub::Requested>();
        Hash(event.expect("a request").data.requestId.0)
    }

    /// The final answer that the example dApp keeps; empty if it has none.
    pub(crate) async fn answer(&self, id: Hash) -> String {
        let triage = ProposalTriage::new(self.triage, self.provider());
        triage.answers(b256(id)).call().await.expect("a view")
    }

    /// Deploys raw code, see [`crate::callbacks`].
    pub(crate) async fn deploy_code(&self, code: Vec<u8>) -> Address {
        let operator = signing(&self.node, OPERATOR);
        let transaction = TransactionRequest {
            to: Some(alloy::primitives::TxKind::Create),
            input: Bytes::from(code).into(),
            ..TransactionRequest::default()
        };
        let pending = operator.send_transaction(transaction).await;
        let receipt = pending.expect("it is taken").get_receipt().await;
        let receipt = receipt.expect("it is included");
        receipt.contract_address.expect("a contract")
    }

    pub(crate) fn link(&self) -> Link {
        Link {
            provider: self.provider(),
            deployment: self.deployment.clone(),
            signer: self.node.accounts()[PROVIDER].signer(),
        }
    }

    /// The provider's sequencer over a store.
    pub(crate) async fn sequencer(&self, store: SqliteStore) -> Sequencer {
        let config = Config {
            callback_attempts: 2,
            callback_retry_s: 0,
            answer_wait_ms: 60_000,
            ..Config::default()
        };
        self.sequencer_with(config, store).await
    }

    pub(crate) async fn sequencer_with(&self, config: Config, store: SqliteStore) -> Sequencer {
        let capacity = Config::default().capacity(&ENGINE);
        let answers = EngineAnswers::new(ENGINE.clone(), None, capacity);
        let answers = Arc::new(answers.expect("a fair capacity"));
        Sequencer::new(config, self.link(), store.into(), answers)
            .await
            .expect("everything fits together")
    }

    /// Transactions of an account so far.
    pub(crate) async fn sent_by(&self, who: usize) -> u64 {
        let address = self.node.accounts()[who].address;
        let count = self.provider().get_transaction_count(address).await;
        count.expect("the node answers")
    }

    /// A raw call of the node's controls.
    pub(crate) async fn control(&self, method: &'static str, params: Value) -> Value {
        let answer = self.provider().raw_request(method.into(), params).await;
        answer.expect("the node has this control")
    }

    /// Lets the chain's time pass.
    pub(crate) async fn wait(&self, seconds: u64) {
        self.control("evm_increaseTime", json!([seconds])).await;
        self.control("evm_mine", json!([])).await;
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

/// Makes passes until two in a row do nothing; gives all their events.
pub(crate) async fn rest(sequencer: &mut Sequencer) -> Vec<Event> {
    let (mut all, mut idle) = (Vec::new(), 0);
    for _ in 0..40 {
        let events = sequencer.tick().await.expect("a pass");
        let acts = |event: &Event| !matches!(event, Event::NotSent { .. });
        idle = match events.iter().any(acts) {
            true => 0,
            false => idle + 1,
        };
        all.extend(events);
        if idle == 2 {
            return all;
        }
    }
    panic!("the sequencer does not come to rest: {all:#?}");
}

/// What the model answers, by the engine alone.
pub(crate) fn expected(prompt: &str, max_tokens: u32) -> String {
    let outcome = ENGINE.answer(prompt.as_bytes(), &Params::greedy(max_tokens), |_| {});
    String::from_utf8(outcome.expect("a short prompt").output).expect("the model writes text")
}
