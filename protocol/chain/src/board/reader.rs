//! The board as of the chain's head: what exists from logs, how it stands from views at that block.

use super::index::{BatchKey, Index};
use crate::{
    ChainError, Deployment, Head, JoinBonds, LogReader, Refreshed,
    bindings::{
        hub::Hub,
        rollup::Rollup,
        tournament::Tournament::{self, TournamentInstance},
    },
    convert::{account, batch_state, commitment, context, hash, kind_code, nonzero, side, stage},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256},
    providers::Provider,
};
use gavel_dispute::{
    BatchView, Board, Context, Kind, MatchId, MatchView, Stage, TournamentId, TournamentView,
    rules::Radices,
};
use std::collections::BTreeSet;

/// Reads boards for one account.
#[derive(Debug)]
pub struct BoardReader<P> {
    logs: LogReader<P>,
    deployment: Deployment,
    player: Address,
    radices: Radices,
    bonds: JoinBonds,
    /// Seconds in which a batch can be disputed.
    window: u64,
    batch_depth: u8,
    index: Index,
    /// Logs that the index has taken in.
    indexed: usize,
    /// Matches of closed batches that owe the player nothing any more.
    collected: BTreeSet<B256>,
}

impl<P: Provider + Clone> BoardReader<P> {
    /// Connects to a deployment: checks that it is there, and reads its constants.
    ///
    /// # Errors
    /// [`ChainError::WrongChain`] and [`ChainError::NoCode`] when the node is not where the deployment is.
    pub async fn connect(
        provider: P,
        deployment: Deployment,
        player: Address,
    ) -> Result<Self, ChainError> {
        check(&provider, &deployment).await?;
        let tournament = Tournament::new(deployment.tournament, provider.clone());
        let rollup = Rollup::new(deployment.rollup, provider.clone());
        let rules = tournament.rules().call().await?;
        let mut bonds = JoinBonds::default();
        for (kind, bond) in Kind::ALL.iter().zip(&mut bonds.0) {
            *bond = tournament.bond(kind_code(*kind)).call().await?;
        }
        let addresses = vec![deployment.tournament, deployment.rollup];
        Ok(BoardReader {
            logs: LogReader::new(provider, addresses, deployment.start_block),
            radices: Radices {
                batch: rules.batch.radix,
                execution: rules.execution.radix,
                tile: rules.tileRadix,
                machine: rules.machine.radix,
            },
            window: rollup.window().call().await?,
            batch_depth: rollup.batchDepth().call().await?,
            deployment,
            player,
            bonds,
            index: Index::default(),
            indexed: 0,
            collected: BTreeSet::new(),
        })
    }

    /// The bonds of this deployment.
    pub fn bonds(&self) -> JoinBonds {
        self.bonds
    }

    /// The deployment.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Takes in new logs; after a reorg all of them again.
    async fn catch_up(&mut self) -> Result<Head, ChainError> {
        let Refreshed { head, kept } = self.logs.refresh().await?;
        if kept < self.indexed {
            self.index = Index::default();
            self.collected.clear();
            self.indexed = 0;
        }
        let logs = self.logs.logs();
        logs[self.indexed..]
            .iter()
            .for_each(|log| self.index.apply(log));
        self.indexed = logs.len();
        Ok(head)
    }

    /// The board as of the chain's head.
    ///
    /// # Errors
    /// [`ChainError`]; the next read goes on where this one stopped.
    pub async fn read(&mut self) -> Result<Board, ChainError> {
        let head = self.catch_up().await?;
        let index = &self.index;
        let views = Views::at(self, head);
        let mut board = Board {
            account: account(self.player),
            now: head.timestamp,
            radices: self.radices,
            batches: Vec::new(),
            tournaments: Default::default(),
            matches: Default::default(),
            credit: views.credit(self.player).await?,
        };
        for key in &index.open_batches {
            board.batches.extend(views.batch(*key).await?);
        }
        let mut collected = Vec::new();
        for &id in index.parents.keys() {
            let open = index
                .batch_of(id)
                .is_some_and(|b| index.open_batches.contains(&b));
            if open {
                board.tournaments.extend(views.tournament(id, index).await?);
            }
            for &id in index.matches.get(&id).into_iter().flatten() {
                if !open && self.collected.contains(&id) {
                    continue;
                }
                let list = index.lists.get(&id);
                let view = views.play(id, list, self.player).await?;
                if !open && view.as_ref().is_none_or(|(_, view)| view.claimable == 0) {
                    collected.push(id);
                } else {
                    board.matches.extend(view);
                }
            }
        }
        self.collected.extend(collected);
        Ok(board)
    }
}

/// Refuses a node that is not where the deployment is.
///
/// # Errors
/// [`ChainError::WrongChain`], [`ChainError::NoCode`], or the node's failure.
pub async fn check<P: Provider>(provider: &P, deployment: &Deployment) -> Result<(), ChainError> {
    let got = provider.get_chain_id().await?;
    if got != deployment.chain_id {
        return Err(ChainError::WrongChain {
            got,
            expected: deployment.chain_id,
        });
    }
    for (contract, address) in deployment.contracts() {
        if provider.get_code_at(address).await?.is_empty() {
            return Err(ChainError::NoCode { contract, address });
        }
    }
    Ok(())
}

/// The contracts' views at one block.
struct Views<P> {
    tournament: TournamentInstance<P>,
    rollup: Rollup::RollupInstance<P>,
    hub: Hub::HubInstance<P>,
    block: BlockId,
    window: u64,
    batch_depth: u8,
}

impl<P: Provider + Clone> Views<P> {
    fn at(reader: &BoardReader<P>, head: Head) -> Self {
        let provider = || reader.logs.provider().clone();
        Views {
            tournament: Tournament::new(reader.deployment.tournament, provider()),
            rollup: Rollup::new(reader.deployment.rollup, provider()),
            hub: Hub::new(reader.deployment.hub, provider()),
            block: BlockId::hash(head.hash),
            window: reader.window,
            batch_depth: reader.batch_depth,
        }
    }

    async fn credit(&self, player: Address) -> Result<u128, ChainError> {
        let credit = self
            .tournament
            .credit(player)
            .block(self.block)
            .call()
            .await?;
        Ok(credit.saturating_to())
    }

    async fn batch(&self, (lane, number): BatchKey) -> Result<Option<BatchView>, ChainError> {
        let call = self.rollup.batchOf(lane, number).block(self.block);
        let batch = call.call().await?;
        let Some(state) = batch_state(batch.state) else {
            return Ok(None);
        };
        let stored = self.hub.laneOf(lane).block(self.block).call().await?;
        let end = batch.first.saturating_add(batch.count);
        let accumulator = self.hub.accumulatorAt(lane, end).block(self.block);
        Ok(Some(BatchView {
            number,
            context: Context {
                depth: self.batch_depth,
                lane,
                first: batch.first,
                count: batch.count,
                round: batch.round,
                accumulator: hash(accumulator.call().await?),
                program_id: hash(stored.programId),
                ..Context::empty(Kind::Batch)
            },
            root: hash(batch.root),
            closes: batch.proposedAt.saturating_add(self.window),
            state,
            tournament: nonzero(batch.tournament).map(TournamentId),
        }))
    }

    async fn tournament(
        &self,
        id: B256,
        index: &Index,
    ) -> Result<Option<(TournamentId, TournamentView)>, ChainError> {
        let call = self.tournament.tournament(id).block(self.block);
        let view = call.call().await?;
        let Some(context) = context(&view.context) else {
            tracing::warn!(target: "chain", %id, kind = view.context.kind, "a tournament of an unknown kind");
            return Ok(None);
        };
        let mut commitments = Vec::new();
        for &root in index.roots.get(&id).into_iter().flatten() {
            let call = self.tournament.commitment(id, root).block(self.block);
            commitments.push(commitment(hash(root), &call.call().await?));
        }
        let id = TournamentId(hash(id));
        let view = TournamentView {
            id,
            context,
            opened_at: view.openedAt.to(),
            join_closes: view.joinCloses.to(),
            allowance: view.allowance.into(),
            commitments,
            waiting: nonzero(view.waiting),
            live_matches: view.liveMatches.into(),
            over: view.over,
            winner: nonzero(view.winner),
        };
        Ok(Some((id, view)))
    }

    async fn play(
        &self,
        id: B256,
        list: Option<&Vec<B256>>,
        player: Address,
    ) -> Result<Option<(MatchId, MatchView)>, ChainError> {
        let call = self.tournament.matchState(id).block(self.block);
        let view = call.call().await?;
        let Some(stage) = stage(view.stage, view.winner) else {
            return Ok(None);
        };
        let descends = matches!(stage, Stage::Descent | Stage::TileDescent);
        let listed = (view.listed && descends)
            .then(|| list.into_iter().flatten().copied().map(hash).collect());
        let claimable = match stage {
            Stage::Over => self.claimable(id, player).await?,
            _ => 0,
        };
        let id = MatchId(hash(id));
        let view = MatchView {
            id,
            tournament: TournamentId(hash(view.tournament)),
            roots: [hash(view.root0), hash(view.root1)],
            stage,
            turn: side(view.turn),
            nodes: [hash(view.node0), hash(view.node1)],
            height: view.height,
            position: view.position,
            leaf: view.leaf,
            listed,
            agreed: hash(view.agreed),
            deadline: view.deadline.to(),
            clocks: [view.clock0.into(), view.clock1.into()],
            inner: nonzero(view.inner).map(TournamentId),
            claimable,
        };
        Ok(Some((id, view)))
    }

    async fn claimable(&self, id: B256, player: Address) -> Result<u128, ChainError> {
        let call = self.tournament.claimable(id, player).block(self.block);
        Ok(call.call().await?.saturating_to())
    }
}
