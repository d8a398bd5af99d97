//! The passes.

mod answering;
mod bonding;
mod delivering;
mod looking;
mod proposing;
mod watching;

use crate::{
    Answers, Config, Event, Poster, Purpose, SequencerError,
    post::{PostError, Posted},
    store::{Answer, Fate, Stores},
};
use alloy::{providers::DynProvider, signers::local::PrivateKeySigner};
use answering::Computing;
use bonding::Returns;
use gavel_chain::{
    Call, ChainError, Deployment, FeePolicy, Head, LogReader,
    rollup::{Constants, LaneLedger, ProgramShape, RollupReader},
};
use gavel_primitives::Hash;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// The chain, the rollup on it, and the account that acts.
#[derive(Clone)]
pub struct Link {
    /// The node.
    pub provider: DynProvider,
    /// The rollup.
    pub deployment: Deployment,
    /// The account's key.
    pub signer: PrivateKeySigner,
}

/// What the parts of a pass look at: everything as of one block.
#[derive(Clone, Copy, Debug)]
struct Scene {
    head: Head,
    /// The chain's time now: the head's, and what has passed since it was first seen.
    now: u64,
}

/// Answers a lane's requests and proposes batches, pass by pass.
pub struct Sequencer {
    config: Config,
    deployment: Deployment,
    reader: RollupReader<DynProvider>,
    logs: LogReader<DynProvider>,
    constants: Constants,
    ledger: LaneLedger,
    /// Logs that the ledger has.
    applied: usize,
    /// Requests of the ledger that the store has.
    stored: usize,
    /// Batches before this one ask for nothing more.
    settled_batches: usize,
    answers: Arc<dyn Answers>,
    stores: Stores,
    poster: Arc<Poster>,
    /// Answers in use; the store has them all.
    known: HashMap<Hash, Answer>,
    /// Said once, not in every pass.
    said: HashSet<(&'static str, Hash)>,
    /// When a callback's number of failures was first seen, in the chain's time.
    failed_at: HashMap<(Hash, u32), u64>,
    computing: Computing,
    returns: Returns,
    head_seen: Option<(Head, Instant)>,
    looked_for_players: Option<Instant>,
    short_of_bond: bool,
}

impl Sequencer {
    /// A sequencer for one lane.
    ///
    /// # Errors
    /// [`SequencerError`] when node, deployment, lane, program or data directory don't fit together.
    pub async fn new(
        config: Config,
        link: Link,
        stores: Stores,
        answers: Arc<dyn Answers>,
    ) -> Result<Self, SequencerError> {
        let Link {
            provider,
            deployment,
            signer,
        } = link;
        gavel_chain::check(&provider, &deployment).await?;
        let reader = RollupReader::new(provider.clone(), deployment.clone());
        let lane = reader
            .lane(alloy::eips::BlockId::latest(), config.lane)
            .await?;
        let program = answers.program();
        if lane.program_id != program.id {
            return Err(SequencerError::WrongProgram {
                lane: config.lane,
                got: program.id,
                expected: lane.program_id,
            });
        }
        let identity = format!(
            "chain {} hub {} lane {} program {}",
            deployment.chain_id, deployment.hub, config.lane, program.id
        );
        stores.requests.bind(&identity).await?;
        let shape = ProgramShape {
            program_id: program.id,
            prompt_depth: program.header.prompt_depth,
        };
        let poster = Poster::new(
            provider.clone(),
            signer,
            deployment.chain_id,
            stores.sent.clone(),
            fee_policy(&config),
            config.max_reverts,
        );
        let returns = Returns::new(poster.account(), &deployment);
        let addresses = vec![deployment.hub, deployment.rollup, deployment.tournament];
        Ok(Sequencer {
            constants: reader.constants().await?,
            logs: LogReader::new(provider, addresses, deployment.start_block),
            ledger: LaneLedger::new(deployment.chain_id, config.lane, shape),
            reader,
            config,
            deployment,
            applied: 0,
            stored: 0,
            settled_batches: 0,
            answers,
            stores,
            poster: Arc::new(poster),
            known: HashMap::new(),
            said: HashSet::new(),
            failed_at: HashMap::new(),
            computing: Computing::default(),
            returns,
            head_seen: None,
            looked_for_players: None,
            short_of_bond: false,
        })
    }

    /// One pass: reads the chain, does what is missing, and ends without waiting for receipts.
    ///
    /// # Errors
    /// [`SequencerError`]; what was done before it stays done, and the next pass does the rest.
    pub async fn tick(&mut self) -> Result<Vec<Event>, SequencerError> {
        let mut events = Vec::new();
        // What is under way is settled before the chain is read, so that what is read has its effect in it.
        self.settle(&mut events).await?;
        let scene = self.look(&mut events).await?;
        self.answer_waiting(&mut events).await?;
        self.end_windows(scene, &mut events).await?;
        self.restore_bond(scene, &mut events).await?;
        self.propose_again(&mut events).await?;
        self.propose_next(scene, &mut events).await?;
        self.deliver(scene, &mut events).await?;
        self.collect(scene, &mut events).await?;
        self.look_for_players(scene, &mut events).await?;
        events.iter().for_each(crate::run::log);
        Ok(events)
    }

    /// The lane's history, as of the last pass.
    pub fn ledger(&self) -> &LaneLedger {
        &self.ledger
    }

    /// The account's way to the chain, to be shared with the API.
    pub fn poster(&self) -> Arc<Poster> {
        self.poster.clone()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn parts(&self) -> crate::api::Parts {
        crate::api::Parts {
            provider: self.logs.provider().clone(),
            answers: self.answers.clone(),
            stores: self.stores.clone(),
            poster: self.poster.clone(),
            reader: self.reader.clone(),
            deployment: self.deployment.clone(),
            lane: self.config.lane,
            batch_depth: self.constants.batch_depth,
        }
    }

    async fn settle(&mut self, events: &mut Vec<Event>) -> Result<(), SequencerError> {
        let settled = self.poster.settle().await.map_err(post_failed)?;
        for transaction in settled {
            if transaction.fate != Fate::Replaced {
                events.push(Event::Included {
                    purpose: transaction.purpose,
                    hash: transaction.hash,
                    success: transaction.fate == Fate::Done,
                });
            }
        }
        Ok(())
    }

    /// Sends a call for a purpose, or says why not.
    async fn post(
        &self,
        purpose: Purpose,
        call: &Call,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        let posted = self
            .poster
            .post(&purpose, call)
            .await
            .map_err(post_failed)?;
        let cause = match posted {
            Posted::Sent { hash } => {
                events.push(Event::Sent { purpose, hash });
                return Ok(());
            }
            Posted::UnderWay => return Ok(()),
            Posted::UnknownUnderWay { count } => {
                format!("{count} transactions of an earlier run are under way")
            }
            Posted::Refused(refusal) => format!("the contract refuses it: {refusal}"),
            Posted::NodeRefused { message } => format!("the node refuses it: {message}"),
            Posted::LeftAlone { reverts } => format!("it reverted {reverts} times"),
        };
        events.push(Event::NotSent { purpose, cause });
        Ok(())
    }

    /// True the first time only.
    fn first_time(&mut self, what: &'static str, of: Hash) -> bool {
        self.said.insert((what, of))
    }
}

fn fee_policy(config: &Config) -> FeePolicy {
    FeePolicy {
        patience: Duration::from_secs(config.patience_s),
        max_fee: u128::from(config.max_fee_wei),
        ..FeePolicy::default()
    }
}

fn post_failed(error: PostError) -> SequencerError {
    match error {
        PostError::Chain(error) => error.into(),
        PostError::Store(error) => error.into(),
        PostError::Sign(error) => SequencerError::Chain(ChainError::Rpc(
            alloy::transports::RpcError::LocalUsageError(error),
        )),
    }
}
