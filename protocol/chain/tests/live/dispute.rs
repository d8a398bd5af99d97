//! The player on the real contracts, down the batch level: reader, player, calls and sender together.

use crate::rollup::{PROVIDER, WATCHER, World};
use alloy::{
    primitives::B256,
    providers::{DynProvider, Provider},
};
use gavel_chain::{BoardReader, Caller, Sender};
use gavel_dispute::{
    Action, ActionKind, BatchState, Board, CantTell, Claim, Context, Kind, Knowledge, Opening,
    Side, Stage, Trace, decide,
    payload::{BatchOpening, End, NodeOpening, Reveal, StepProof, TileOpening},
};
use gavel_primitives::{Hash, Tree, keccak};
use std::sync::Arc;

/// Knows the results of a batch, and nothing of how they came about.
struct Results(Tree);

impl Results {
    /// Results of two requests in a tree of `depth`; `salt` makes the second another one.
    fn new(depth: u8, salt: &[u8]) -> Self {
        Results(Tree::new(vec![keccak(b"first"), keccak(salt)], depth))
    }

    /// The same with a leaf past the two.
    fn with_padding(depth: u8, salt: &[u8]) -> Self {
        let leaves = vec![keccak(b"first"), keccak(salt), keccak(b"padding")];
        Results(Tree::new(leaves, depth))
    }

    fn root(&self) -> Hash {
        self.0.root()
    }
}

impl Knowledge for Results {
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell> {
        match tournament.kind {
            Kind::Batch => Ok(Claim {
                trace: Arc::new(self.0.clone()),
                end: Some(End::Batch),
            }),
            _ => Err(CantTell::StillComputing),
        }
    }

    fn open_batch(&self, _: &Context, _: u64) -> Result<BatchOpening, CantTell> {
        Err(CantTell::StillComputing)
    }

    fn open_node(&self, _: &Context, _: u64) -> Result<Opening<NodeOpening>, CantTell> {
        Err(CantTell::StillComputing)
    }

    fn reveal(&self, _: &Context, _: u64) -> Result<Reveal, CantTell> {
        Err(CantTell::StillComputing)
    }

    fn tensor(&self, _: &Context, _: u64) -> Result<Arc<dyn Trace>, CantTell> {
        Err(CantTell::StillComputing)
    }

    fn open_tile(&self, _: &Context, _: u64, _: u64) -> Result<TileOpening, CantTell> {
        Err(CantTell::StillComputing)
    }

    fn step(&self, _: &Context, _: u64) -> Result<Opening<StepProof>, CantTell> {
        Err(CantTell::StillComputing)
    }
}

/// A player with its account.
struct Player {
    knowledge: Results,
    reader: BoardReader<DynProvider>,
    sender: Sender<DynProvider>,
}

impl Player {
    async fn new(world: &World, who: usize, knowledge: Results) -> Self {
        Player {
            knowledge,
            reader: world.board_reader(who).await,
            sender: world.sender(who),
        }
    }

    /// Reads, decides, sends; gives what was done and the board that it was decided on.
    async fn turn(&mut self) -> (Board, Vec<ActionKind>) {
        self.sender.settle().await.unwrap();
        let board = self.reader.read().await.unwrap();
        let caller = Caller::new(self.reader.deployment().clone(), self.reader.bonds());
        let actions = decide(&board, &self.knowledge).actions;
        let call = |action: &Action| caller.call(action).expect("headers are well formed");
        let calls = actions.iter().map(call).collect();
        for (result, action) in self.sender.send_all(calls).await.iter().zip(&actions) {
            assert!(result.is_ok(), "{action:?}: {result:?}");
        }
        (board, actions.iter().map(Action::kind).collect())
    }
}

async fn disputed() -> (World, Player, Player) {
    dispute_over(|depth| Results::new(depth, b"lie")).await
}

async fn dispute_over(lie: impl Fn(u8) -> Results) -> (World, Player, Player) {
    let world = World::with_inbox(2).await;
    let depth = world.settings.batch_depth;
    let lying = lie(depth);
    world.propose(2, B256::from(lying.root().0)).await;
    let honest = Player::new(&world, WATCHER, Results::new(depth, b"truth")).await;
    let liar = Player::new(&world, PROVIDER, lying).await;
    (world, honest, liar)
}

#[tokio::test]
async fn two_players_walk_down_to_the_contested_request() {
    let (_world, mut honest, mut liar) = disputed().await;
    assert_eq!(honest.turn().await.1, [ActionKind::Challenge]);
    assert_eq!(honest.turn().await.1, [], "the proposer moves first");
    // Radix 4 over a tree of depth 4: one list, one reply.
    assert_eq!(liar.turn().await.1, [ActionKind::Advance]);
    assert_eq!(liar.turn().await.1, [], "nothing is sent twice");
    assert_eq!(honest.turn().await.1, [ActionKind::Advance]);
    let board = honest.reader.read().await.unwrap();
    let view = board.matches.values().next().expect("one match");
    assert_eq!((view.stage, view.leaf), (Stage::Sealed, 1));
    assert_eq!(view.nodes, [keccak(b"lie"), keccak(b"truth")]);
    let spent = honest.sender.ledger().by_call["advance"];
    assert_eq!((spent.transactions, spent.reverted), (1, 0));
    assert!(spent.gas > 21_000);
}

/// A rule decides, and a call of its own ends: the board shows what lies between.
#[tokio::test]
async fn a_leaf_past_the_count_is_decided_and_then_settled() {
    let (_world, mut honest, mut liar) =
        dispute_over(|depth| Results::with_padding(depth, b"truth")).await;
    assert_eq!(honest.turn().await.1, [ActionKind::Challenge]);
    assert_eq!(liar.turn().await.1, [ActionKind::Advance]);
    assert_eq!(honest.turn().await.1, [ActionKind::Advance]);
    assert_eq!(liar.turn().await.1, [], "the rule is against it");
    assert_eq!(honest.turn().await.1, [ActionKind::OpenBatch]);
    let (board, done) = liar.turn().await;
    let view = board.matches.values().next().expect("one match");
    let winner = Some(Side::One);
    assert_eq!((view.stage, view.leaf), (Stage::Decided { winner }, 2));
    assert_eq!(done, [], "its loss the winner carries over");
    assert_eq!(honest.turn().await.1, [ActionKind::Settle]);
    let (board, done) = honest.turn().await;
    let view = board.matches.values().next().expect("one match");
    assert_eq!(view.stage, Stage::Over);
    assert!(view.claimable > 0, "joining, moving, deciding and settling");
    assert_eq!(done, [ActionKind::Claim]);
}

#[tokio::test]
async fn a_silent_liar_loses_by_its_clock_and_pays() {
    let (world, mut honest, _silent) = disputed().await;
    let start = world
        .provider()
        .get_balance(world.address(WATCHER))
        .await
        .unwrap();
    assert_eq!(honest.turn().await.1, [ActionKind::Challenge]);
    world
        .wait(u64::from(world.settings.batch.allowance) + 1)
        .await;
    assert_eq!(honest.turn().await.1, [ActionKind::Timeout]);
    world.wait(1).await;
    let mut done = Vec::new();
    while let (_, actions) = honest.turn().await
        && !actions.is_empty()
    {
        done.extend(actions);
    }
    for kind in [
        ActionKind::Conclude,
        ActionKind::Claim,
        ActionKind::Withdraw,
    ] {
        assert!(done.contains(&kind), "{kind:?} is not among {done:?}");
    }
    let rollup =
        gavel_chain::bindings::rollup::Rollup::new(world.deployment.rollup, world.provider());
    let batch = rollup.batchOf(0, 0).call().await.unwrap();
    assert_eq!(batch.root.0, honest.knowledge.root().0);
    assert_eq!(batch.state, 3, "final");
    assert_eq!(batch.provider, world.address(WATCHER));
    let end = world
        .provider()
        .get_balance(world.address(WATCHER))
        .await
        .unwrap();
    let gas = honest.sender.ledger().wei();
    assert!(end + gas >= start, "no honest account ends below its start");
    let board = honest.reader.read().await.unwrap();
    assert!(
        board
            .batches
            .iter()
            .all(|b| b.state != BatchState::Disputed)
    );
}
