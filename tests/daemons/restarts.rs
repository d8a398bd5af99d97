//! Killed with -9 anywhere and started again: nothing is posted twice, the dispute is won, the answer arrives.

use crate::children::{Daemon, LOOK, Office, until};
use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    network::TransactionResponse,
    primitives::{Address, B256, Bytes},
    providers::{DynProvider, Provider as _},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use gavel_adversaries::{Liar, Lie, LieKind};
use gavel_chain::{
    BoardReader,
    bindings::{rollup::Rollup, tournament::Tournament, triage::ProposalTriage},
    convert::hash,
    rollup::{RequestState, RollupReader},
};
use gavel_engine::{Engine, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile};
use gavel_primitives::Params;
use gavel_stage::{
    Account, Ask, LEVELS, Node, Player, Provider, Scene, deepest, guest_image, next_deadline,
    question,
};
use gavel_traces::{Honest, Library};
use gavel_verifier::Verifier;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const MAX_TOKENS: u32 = 4;

pub(crate) fn embedded() -> Arc<Engine> {
    let image = ImageInfo {
        root: gavel_image::image_root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    };
    let file = ModelFile::from_bytes(gavel_zoo::MODEL);
    let program = gavel_formats::import(&file, &Limits::default(), image);
    let program = Arc::new(program.expect("the embedded model is supported"));
    Arc::new(Engine::new(program, Box::new(Native)))
}

async fn scene() -> Scene {
    let node = Node::embedded().await.expect("the embedded chain starts");
    let scene = Scene::set(node, embedded(), &|_| {}).await;
    scene.expect("the contracts are deployed")
}

fn asked() -> Ask {
    Ask {
        prompt: gavel_zoo::prompt("Pause the bridge.").into_bytes(),
        params: Params::greedy(MAX_TOKENS),
        lie: None,
        challenger_lies: false,
        model: "zoo".into(),
    }
}

fn expected(engine: &Engine) -> String {
    let prompt = asked().prompt;
    let outcome = engine.answer(&prompt, &Params::greedy(MAX_TOKENS), |_| {});
    String::from_utf8(outcome.expect("a short prompt").output).expect("the model writes text")
}

fn verify(office: &Office, account: &Account) -> Daemon {
    let args = ["verify", "--poll-ms", "20"];
    office.daemon("verify", office.as_account(&account.signer, &args))
}

fn sequence(office: &Office, account: &Account, data: &str, life: u32) -> Daemon {
    let args = ["sequence", "--poll-ms", "20", "--no-api", "--data", data];
    let name = format!("sequence-{data}-{life}");
    let mut command = office.as_account(&account.signer, &args);
    // An early delivery and the final one are the same bytes.
    command.env("GAVEL_SEQUENCER_OPTIMISTIC", "false");
    office.daemon(&name, command)
}

/// What an honest player would do now, without doing it: it tells when nobody has anything to do.
async fn shadow(scene: &Scene) -> Verifier<DynProvider> {
    let provider = scene.node.provider().clone();
    let account = scene.accounts.watcher.address();
    let board = BoardReader::connect(provider.clone(), scene.deployment.clone(), account).await;
    let library = Library::new(guest_image(), Arc::new(Honest));
    library.add_program(Arc::clone(&scene.engine));
    Verifier::new(
        provider,
        board.expect("the rollup is there"),
        None,
        Arc::new(library),
    )
}

async fn state(scene: &Scene, id: B256) -> RequestState {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let receipt = reader.receipt(BlockId::latest(), hash(id)).await;
    receipt.expect("the node answers").expect("a request").state
}

async fn automine(scene: &Scene, is_on: bool) {
    let provider = scene.node.provider();
    let done = provider.raw_request::<_, serde_json::Value>("evm_setAutomine".into(), (is_on,));
    done.await.expect("the node has this control");
}

async fn mine(scene: &Scene) {
    let provider = scene.node.provider();
    let done = provider.raw_request::<_, serde_json::Value>("evm_mine".into(), ());
    done.await.expect("the node has this control");
}

/// Transactions of an account that no block has yet.
async fn under_way(scene: &Scene, account: Address) -> u64 {
    let count = |at: BlockId| async move {
        let count = scene.node.provider().get_transaction_count(account);
        count.block_id(at).await.expect("the node answers")
    };
    count(BlockId::pending()).await - count(BlockId::latest()).await
}

/// Every transaction of an account had an effect, and none was sent twice.
async fn nothing_was_posted_twice(scene: &Scene, account: Address) {
    let provider = scene.node.provider();
    let head = provider.get_block_number().await.expect("the node answers");
    let mut seen: BTreeMap<Bytes, u64> = BTreeMap::new();
    for number in 0..=head {
        let block = provider.get_block_by_number(number.into()).full().await;
        let block = block.expect("the node answers").expect("a block");
        for transaction in block.transactions.into_transactions() {
            if transaction.from() != account {
                continue;
            }
            let receipt = provider.get_transaction_receipt(transaction.tx_hash());
            let receipt = receipt.await.expect("the node answers").expect("a receipt");
            assert!(receipt.status(), "block {number}: a transaction reverted");
            let input = transaction.input();
            // A credit that grows again is withdrawn again, with the same words.
            if input.starts_with(&Tournament::withdrawCall::SELECTOR) {
                continue;
            }
            let earlier = seen.insert(input.clone(), number);
            assert_eq!(earlier, None, "block {number}: {input} once more");
        }
    }
    assert!(seen.len() > 1, "the account did act");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_killed_at_every_level_wins() {
    let scene = scene().await;
    let (engine, accounts) = (&scene.engine, &scene.accounts);
    let office = Office::of(scene.node.url(), &scene.deployment);
    let lie = Lie {
        kind: LieKind::Node,
        at: 17,
        seed: 3,
    };
    let liar = Arc::new(Liar::new(lie, 0, guest_image()));
    let mut proposer = Provider::lying(&scene, &accounts.liar, liar.clone())
        .await
        .expect("a provider");
    let mut player = Player::new(&scene, &accounts.liar, liar, None)
        .await
        .expect("a player");
    let id = question(&scene, &asked()).await.expect("it is asked");
    let mut verifier = verify(&office, &accounts.watcher);
    while state(&scene, id).await == RequestState::Pending {
        proposer.tick().await.expect("a pass");
    }

    let mut shadow = shadow(&scene).await;
    let (mut killed, mut between) = (BTreeSet::new(), false);
    while state(&scene, id).await != RequestState::Final {
        verifier.must_live();
        let look = shadow.look().await.expect("the chain is read");
        let is_due = !look.decision.actions.is_empty();
        let level = deepest(&look.board, &engine.program().header);
        if is_due && level.is_some_and(|level| killed.insert(level)) {
            verifier.kill();
            verifier = verify(&office, &accounts.watcher);
        }
        if is_due && killed.len() == 3 && !between {
            between = true;
            verifier = killed_between_sending_and_receipt(&scene, &office, verifier).await;
        }
        let (board, acted) = player.tick(&scene).await.expect("the liar plays");
        let level = deepest(&board, &engine.program().header);
        if level.is_some_and(|level| killed.insert(level)) {
            verifier.kill();
            verifier = verify(&office, &accounts.watcher);
        }
        match acted || is_due {
            true => tokio::time::sleep(LOOK).await,
            false => scene.node.pass(next_deadline(&board)).await.expect("time"),
        }
    }
    assert_eq!(killed.len(), LEVELS.len(), "killed at {killed:?}");
    assert!(between, "killed between sending and receipt");

    // The liar keeps its answer to itself: an honest sequencer, started late and with nothing, delivers.
    let mut deliverer = sequence(&office, &accounts.provider, "deliverer", 1);
    let delivered = async || state(&scene, id).await == RequestState::Delivered;
    until("the final answer", delivered).await;
    deliverer.says("included").await;
    let triage = ProposalTriage::new(scene.consumer, scene.node.provider());
    let answer = triage.answers(id).call().await.expect("a view");
    assert_eq!(answer, expected(engine));
    // The player has nothing left to do: its bonds and refunds are withdrawn.
    until("the player rests", async || {
        let look = shadow.look().await.expect("the chain is read");
        look.decision.actions.is_empty()
    })
    .await;
    assert!(verifier.stop().success());
    nothing_was_posted_twice(&scene, accounts.watcher.address()).await;
}

/// The node keeps the verifier's next transaction waiting; the verifier is killed and started again before it is included.
async fn killed_between_sending_and_receipt(
    scene: &Scene,
    office: &Office,
    verifier: Daemon,
) -> Daemon {
    let account = &scene.accounts.watcher;
    automine(scene, false).await;
    let sent = async || under_way(scene, account.address()).await > 0;
    until("a transaction under way", sent).await;
    verifier.kill();
    let next = verify(office, account);
    mine(scene).await;
    automine(scene, true).await;
    next
}

/// Started again with `next` as data directory after it was killed in the middle of a proposal.
async fn sequencer_killed_mid_proposal(next: &str) {
    let scene = scene().await;
    let account = &scene.accounts.provider;
    let office = Office::of(scene.node.url(), &scene.deployment);
    let id = question(&scene, &asked()).await.expect("it is asked");
    automine(&scene, false).await;
    let first = sequence(&office, account, "kept", 1);
    let sent = async || under_way(&scene, account.address()).await > 0;
    until("a proposal under way", sent).await;
    first.kill();
    let mut second = sequence(&office, account, next, 2);
    // One whole pass.
    second.says("asked").await;
    assert_eq!(under_way(&scene, account.address()).await, 1);
    mine(&scene).await;
    automine(&scene, true).await;
    let past_the_window = scene.constants.window + 1;
    scene.node.pass(past_the_window).await.expect("time");
    let delivered = async || state(&scene, id).await == RequestState::Delivered;
    until("the final answer", delivered).await;
    assert!(second.stop().success());
    let filter = Filter::new()
        .address(scene.deployment.rollup)
        .event_signature(Rollup::Proposed::SIGNATURE_HASH)
        .from_block(0);
    let proposals = scene.node.provider().get_logs(&filter).await;
    assert_eq!(proposals.expect("the node answers").len(), 1);
    nothing_was_posted_twice(&scene, account.address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequencer_killed_mid_proposal_goes_on_with_its_data() {
    sequencer_killed_mid_proposal("kept").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequencer_killed_mid_proposal_goes_on_with_an_empty_folder() {
    sequencer_killed_mid_proposal("empty").await;
}
