//! Who acts: sequencers and players, honest or not.

use crate::{Account, Scene, answers::LyingAnswers, levels};
use alloy::primitives::U256;
use alloy::providers::DynProvider;
use anyhow::Result;
use gavel_adversaries::Liar;
use gavel_chain::{BoardReader, FeePolicy, Sender};
use gavel_dispute::{Action, Board};
use gavel_engine::Capacity;
use gavel_sequencer::{
    Answers, Config, EngineAnswers, Event, Link, Sequencer, SqliteStore, Stores,
};
use gavel_traces::Data;
use gavel_verifier::Verifier;
use std::sync::Arc;

/// One transaction of a dispute.
#[derive(Clone, Debug)]
pub struct Move {
    /// Index of its level, outermost first.
    pub level: usize,
    /// Gas that it used.
    pub gas: u64,
    /// The bytes of a machine step's proof.
    pub step: Option<Vec<u8>>,
}

/// A player with its account.
pub struct Player {
    verifier: Verifier<DynProvider>,
    /// Makes no transaction past this many.
    most: Option<u64>,
    /// Its transactions so far.
    pub moves: Vec<Move>,
}

impl Player {
    /// A player of an account that defends what `data` claims, in at most `most` transactions if that is given.
    ///
    /// # Errors
    /// The node's.
    pub async fn new(
        scene: &Scene,
        account: &Account,
        data: Arc<dyn Data>,
        most: Option<u64>,
    ) -> Result<Self> {
        data.library().add_program(Arc::clone(&scene.engine));
        let provider = scene.node.provider().clone();
        let board = BoardReader::connect(
            provider.clone(),
            scene.deployment.clone(),
            account.address(),
        )
        .await?;
        let sender = Sender::new(provider.clone(), account.wallet(), FeePolicy::local());
        Ok(Player {
            verifier: Verifier::new(provider, board, Some(sender), data),
            most,
            moves: Vec::new(),
        })
    }

    /// One pass; gives the board that it saw and whether it did anything.
    ///
    /// # Errors
    /// The node's.
    pub async fn tick(&mut self, scene: &Scene) -> Result<(Board, bool)> {
        let look = self.verifier.look().await?;
        let mut actions = look.decision.actions;
        if let Some(most) = self.most {
            actions.truncate(most.saturating_sub(self.moves.len() as u64) as usize);
        }
        let mut acted = false;
        for done in self.verifier.act(actions).await {
            let Ok(sent) = done.result else { continue };
            let step = match done.action {
                Action::Step { proof, .. } => Some(proof.0),
                _ => None,
            };
            let level = levels::level(
                done.kind,
                done.id,
                &look.board,
                &scene.engine.program().header,
            );
            self.moves.push(Move {
                level,
                gas: sent.gas,
                step,
            });
            acted = true;
        }
        Ok((look.board, acted))
    }

    /// Gas of all its transactions.
    pub fn gas(&self) -> u64 {
        self.moves.iter().map(|made| made.gas).sum()
    }

    /// Wei that it spent on gas.
    pub fn spent(&self) -> U256 {
        self.verifier
            .sender()
            .map(|sender| sender.ledger().wei())
            .unwrap_or_default()
    }
}

/// A provider's sequencer.
pub struct Provider {
    sequencer: Sequencer,
    /// What it said last, should it come to a standstill.
    pub last: Vec<Event>,
}

impl Provider {
    /// An honest one.
    ///
    /// # Errors
    /// When the scene's parts don't fit together.
    pub async fn honest(scene: &Scene, account: &Account) -> Result<Self> {
        let capacity = Capacity::fitting(&scene.engine);
        let answers = EngineAnswers::new(Arc::clone(&scene.engine), None, capacity)?;
        Self::with(scene, account, Arc::new(answers)).await
    }

    /// One that answers with a lie.
    ///
    /// # Errors
    /// When the scene's parts don't fit together.
    pub async fn lying(scene: &Scene, account: &Account, liar: Arc<Liar>) -> Result<Self> {
        liar.library().add_program(Arc::clone(&scene.engine));
        let answers = LyingAnswers {
            engine: Arc::clone(&scene.engine),
            liar,
        };
        Self::with(scene, account, Arc::new(answers)).await
    }

    async fn with(scene: &Scene, account: &Account, answers: Arc<dyn Answers>) -> Result<Self> {
        let config = Config {
            lane: scene.lane,
            optimistic: false,
            ..Config::default()
        };
        let link = Link {
            provider: scene.node.provider().clone(),
            deployment: scene.deployment.clone(),
            signer: account.signer.clone(),
        };
        let stores = Stores::from(SqliteStore::in_memory().await?);
        let sequencer = Sequencer::new(config, link, stores, answers).await?;
        Ok(Provider {
            sequencer,
            last: Vec::new(),
        })
    }

    /// One pass; whether it did anything.
    ///
    /// # Errors
    /// The sequencer's.
    pub async fn tick(&mut self) -> Result<bool> {
        let events = self.sequencer.tick().await?;
        let acted = events.iter().any(|event| {
            matches!(
                event,
                Event::Answered { .. } | Event::Sent { .. } | Event::Included { .. }
            )
        });
        if !events.is_empty() {
            self.last = events;
        }
        Ok(acted)
    }
}
