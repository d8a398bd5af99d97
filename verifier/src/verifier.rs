//! One pass: read, decide, send.

use crate::{clock::Clock, journal::Journal};
use alloy::providers::Provider;
use gavel_chain::{
    BoardReader, Caller, ChainError, Deployment, InboxReader, SendError, Sender, Sent,
};
use gavel_dispute::{Action, ActionKind, Board, Decision, MatchId, decide};
use gavel_traces::{Data, KnownRequest};
use std::{collections::BTreeSet, sync::Arc, time::Instant};
use thiserror::Error;

/// Why a pass could not be made.
#[derive(Debug, Error)]
pub enum VerifierError {
    /// The chain could not be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The account's transactions of an earlier run could not be waited for.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The player panicked.
    #[error("the player failed: {0}")]
    Player(#[from] tokio::task::JoinError),
}

/// What a pass saw and decided.
#[derive(Clone, Debug)]
pub struct Look {
    /// The chain.
    pub board: Board,
    /// What to do.
    pub decision: Decision,
}

/// A transaction that was made.
#[derive(Debug)]
pub struct Done {
    /// Which kind of action.
    pub kind: ActionKind,
    /// The match that it moved in.
    pub id: Option<MatchId>,
    /// The action.
    pub action: Action,
    /// Its receipt, or why there is none.
    pub result: Result<Sent, SendError>,
}

/// A watcher and player for one account.
pub struct Verifier<P> {
    pub(crate) provider: P,
    inbox: InboxReader<P>,
    board: BoardReader<P>,
    caller: Caller,
    /// None in watch-only mode.
    pub(crate) sender: Option<Sender<P>>,
    data: Arc<dyn Data>,
    known: BTreeSet<(u64, u64)>,
    clock: Clock,
    journal: Journal,
    /// What watch-only mode has said that it would do.
    unsent: BTreeSet<(ActionKind, Option<MatchId>)>,
}

impl<P: Provider + Clone> Verifier<P> {
    /// A verifier over a board reader; without a sender it only watches.
    pub fn new(
        provider: P,
        board: BoardReader<P>,
        sender: Option<Sender<P>>,
        data: Arc<dyn Data>,
    ) -> Self {
        Verifier {
            inbox: InboxReader::new(provider.clone(), board.deployment()),
            provider,
            caller: Caller::new(board.deployment().clone(), board.bonds()),
            board,
            sender,
            data,
            known: BTreeSet::new(),
            clock: Clock::default(),
            journal: Journal::default(),
            unsent: BTreeSet::new(),
        }
    }

    /// Where the contracts are.
    pub fn deployment(&self) -> &Deployment {
        self.board.deployment()
    }

    /// Waits for what an earlier run of this account left under way.
    ///
    /// # Errors
    /// [`VerifierError::Send`].
    pub async fn settle(&self) -> Result<(), VerifierError> {
        match &self.sender {
            Some(sender) => Ok(sender.settle().await?),
            None => Ok(()),
        }
    }

    /// The sender, with what it spent.
    pub fn sender(&self) -> Option<&Sender<P>> {
        self.sender.as_ref()
    }

    /// Reads the chain and decides. The computing is done on a blocking thread.
    ///
    /// # Errors
    /// [`VerifierError`].
    pub async fn look(&mut self) -> Result<Look, VerifierError> {
        self.read_requests().await?;
        let mut board = self.board.read().await?;
        board.now = self.clock.time(board.now, Instant::now());
        let data = Arc::clone(&self.data);
        let decided = tokio::task::spawn_blocking(move || {
            let decision = decide(&board, data.knowledge());
            Look { board, decision }
        });
        let look = decided.await?;
        for change in self.journal.changes(&look) {
            change.log();
        }
        Ok(look)
    }

    /// Sends actions; one that is refused hinders none of the others. Watch-only, it says what it would do.
    pub async fn act(&mut self, actions: Vec<Action>) -> Vec<Done> {
        let mut done = Vec::new();
        for action in actions {
            let (kind, id) = (action.kind(), action.match_id());
            let Some(sender) = &mut self.sender else {
                if self.unsent.insert((kind, id)) {
                    tracing::warn!(target: "verifier", ?kind, ?id, "watch-only: not sent");
                }
                continue;
            };
            let result = match self.caller.call(&action) {
                Ok(call) => sender.send(call).await,
                Err(error) => {
                    tracing::error!(target: "verifier", ?kind, %error, "an action that is no call");
                    continue;
                }
            };
            match &result {
                Ok(sent) => {
                    tracing::info!(target: "verifier", ?kind, hash = %sent.hash, gas = sent.gas, "done")
                }
                Err(error) => tracing::warn!(target: "verifier", ?kind, %error, "not done"),
            }
            done.push(Done {
                kind,
                id,
                action,
                result,
            });
        }
        done
    }

    /// One pass.
    ///
    /// # Errors
    /// [`VerifierError`].
    pub async fn tick(&mut self) -> Result<Vec<Done>, VerifierError> {
        let look = self.look().await?;
        Ok(self.act(look.decision.actions).await)
    }

    async fn read_requests(&mut self) -> Result<(), VerifierError> {
        let (_, inbox) = self.inbox.read().await?;
        for (place, entry) in &inbox.requests {
            let known = KnownRequest {
                request: entry.request.clone(),
                prompt: entry.prompt.clone(),
            };
            // After a reorg another request may have taken a place.
            let is_new = self.known.insert(*place)
                || self.data.library().request_at(place.0, place.1) != Some(entry.request.id());
            if is_new {
                self.data.library().add_request(known);
            }
        }
        Ok(())
    }
}
