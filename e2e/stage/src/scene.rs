//! The rollup: deployed, with a model in an open lane.

use crate::{Account, Accounts, Node, accounts};
use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    providers::{Provider, ProviderBuilder},
    sol_types::SolConstructor,
};
use anyhow::{Context, Result};
use gavel_chain::{
    Call, Deployment, FeePolicy, Sender, Settings,
    bindings::triage::ProposalTriage,
    convert::b256,
    rollup::{Constants, Price, RollupReader, calls},
};
use gavel_engine::Engine;
use gavel_machine::Image;
use gavel_primitives::Hash;
use gavel_program::Program;
use gavel_traces::opening::header_words;
use std::sync::{Arc, OnceLock};

/// The committed guest.
pub fn guest_image() -> Arc<Image> {
    static IMAGE: OnceLock<Arc<Image>> = OnceLock::new();
    let load = || {
        let text_end = gavel_image::record().text_end;
        let image = Image::from_parts(gavel_image::IMAGE, gavel_image::ENTRY, text_end);
        Arc::new(image.expect("the committed image is well-formed"))
    };
    Arc::clone(IMAGE.get_or_init(load))
}

/// Most bytes of an answer that the example dApp can keep within the hub's limit on a callback's gas.
pub const LONGEST_ANSWER: u16 = 2432;

/// Most bytes of a program's answers that the example dApp keeps.
pub fn answer_bytes(program: &Program) -> u16 {
    let limit = u16::try_from(program.header.max_output_bytes);
    limit.map_or(LONGEST_ANSWER, |bytes| bytes.min(LONGEST_ANSWER))
}

/// A deployed rollup with one model.
pub struct Scene {
    /// The chain.
    pub node: Node,
    /// Who has money.
    pub accounts: Accounts,
    /// Where the contracts are.
    pub deployment: Deployment,
    /// The rollup's constants.
    pub constants: Constants,
    /// The model.
    pub engine: Arc<Engine>,
    /// Its lane.
    pub lane: u64,
    /// The example dApp.
    pub consumer: Address,
}

/// What everyone is given at the start: 100 ether.
fn purse() -> U256 {
    U256::from(10).pow(U256::from(20))
}

/// Prices of the lane, in wei.
const PRICE: Price = Price {
    per_request: 10_000_000_000_000,
    per_prompt_byte: 10_000_000_000,
    per_token: 1_000_000_000_000,
    per_callback_gas: 2_000_000_000,
};

impl Scene {
    /// Deploys everything, registers the model and opens its lane. `say` is told of each step.
    ///
    /// # Errors
    /// The node's, or a contract's refusal.
    pub async fn set(
        node: Node,
        engine: Arc<Engine>,
        say: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<Self> {
        let accounts = Accounts::fund(&node, purse()).await?;
        say("accounts funded");
        let image_root = b256(guest_image().root());
        let settings = Settings::development(image_root, accounts.deployer.address());
        let signing = ProviderBuilder::new()
            .wallet(accounts.deployer.wallet())
            .connect_http(node.url().parse().context("the node's URL")?);
        let deployment =
            gavel_chain::deploy(&signing, accounts.deployer.address(), &settings).await?;
        say("contracts deployed");
        let constants = RollupReader::new(node.provider().clone(), deployment.clone())
            .constants()
            .await?;
        let mut scene = Scene {
            node,
            accounts,
            deployment,
            constants,
            engine,
            lane: 0,
            consumer: Address::ZERO,
        };
        scene.register().await?;
        say("model registered");
        scene.bond().await?;
        say("bonds posted, lane attested");
        let arguments = ProposalTriage::constructorCall {
            hub_: scene.deployment.hub,
            lane_: scene.lane,
            answerBytes: answer_bytes(scene.engine.program()),
        };
        let code = [ProposalTriage::BYTECODE.to_vec(), arguments.abi_encode()].concat();
        scene.consumer = accounts::deploy(&scene.node, &scene.accounts.requester, code).await?;
        say("dApp deployed");
        Ok(scene)
    }

    async fn register(&mut self) -> Result<()> {
        let program = Arc::clone(self.engine.program());
        let header = header_words(&program.header);
        let register = calls::register(&self.deployment, &header, Hash::ZERO, "demo", "embedded")?;
        let lane = calls::create_lane(&self.deployment, program.id, PRICE);
        self.send(&self.accounts.deployer, vec![register]).await?;
        self.send(&self.accounts.deployer, vec![lane]).await
    }

    async fn bond(&mut self) -> Result<()> {
        let bond = U256::from(self.constants.proposal_bond) * U256::from(4);
        let add = |wei: U256| calls::add_bond(&self.deployment, wei);
        self.send(&self.accounts.provider, vec![add(bond)]).await?;
        self.send(&self.accounts.liar, vec![add(bond)]).await?;
        let attestation = add(U256::from(self.constants.attestation_bond));
        self.send(&self.accounts.watcher, vec![attestation]).await?;
        self.send(
            &self.accounts.watcher,
            vec![calls::attest(&self.deployment, self.lane)],
        )
        .await
    }

    /// Lets the liar have a bond for one more proposal, out of its own pocket: it has lost what it had. The honest provider's
    /// sequencer brings its bond back from tournaments by itself.
    ///
    /// # Errors
    /// The node's.
    pub(crate) async fn top_up(&self) -> Result<()> {
        let reader = RollupReader::new(self.node.provider().clone(), self.deployment.clone());
        let liar = &self.accounts.liar;
        let owner = gavel_dispute::Account(liar.address().into_array());
        let free = reader.free_bond(BlockId::latest(), owner).await?;
        if free < self.constants.proposal_bond {
            let missing = U256::from(self.constants.proposal_bond - free);
            let add = calls::add_bond(&self.deployment, missing);
            self.send(liar, vec![add]).await?;
        }
        Ok(())
    }

    /// Sends calls from an account and waits for them.
    ///
    /// # Errors
    /// The first that fails.
    pub async fn send(&self, from: &Account, calls: Vec<Call>) -> Result<()> {
        let mut sender = Sender::new(
            self.node.provider().clone(),
            from.wallet(),
            FeePolicy::local(),
        );
        for sent in sender.send_all(calls).await {
            sent?;
        }
        Ok(())
    }

    /// All wei of an account: balance, bond at the rollup, credits at hub and tournament.
    ///
    /// # Errors
    /// The node's.
    pub async fn worth(&self, account: &Account) -> Result<U256> {
        use gavel_chain::bindings::{hub::Hub, rollup::Rollup, tournament::Tournament};
        let (provider, address) = (self.node.provider(), account.address());
        let bonded = Rollup::new(self.deployment.rollup, provider)
            .account(address)
            .call()
            .await?
            .balance;
        let at_hub = Hub::new(self.deployment.hub, provider)
            .credit(address)
            .call()
            .await?;
        let at_tournament = Tournament::new(self.deployment.tournament, provider)
            .credit(address)
            .call()
            .await?;
        Ok(provider.get_balance(address).await? + U256::from(bonded) + at_hub + at_tournament)
    }
}
