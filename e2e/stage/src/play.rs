//! One request, from the question to the last credit.

use crate::{
    BalanceReport, CallbackReport, GasReport, InstructionReport, LevelReport, Report, Scene,
    SecondsReport,
    actors::{Move, Player, Provider},
    guest_image,
    levels::LEVELS,
};
use alloy::{
    eips::BlockId,
    primitives::{B256, Bytes, U256},
    providers::Provider as _,
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent, SolValue},
};
use anyhow::{Context, Result, bail, ensure};
use gavel_adversaries::{Liar, Lie, Plan};
use gavel_chain::{
    Call, FeePolicy, Sender,
    bindings::{hub::Hub, tournament::Tournament, triage::ProposalTriage},
    convert::{self, hash},
    rollup::{RequestState, RollupReader},
};
use gavel_dispute::{Board, views::BatchState};
use gavel_machine::isa;
use gavel_primitives::{Params, Request, root_of_bytes};
use gavel_traces::{Honest, KnownRequest, Library};
use std::{collections::BTreeMap, sync::Arc, time::Instant};

/// A question, and how it is lied about.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The text, or whatever bytes the model reads.
    pub prompt: Vec<u8>,
    /// Limits and sampling.
    pub params: Params,
    /// The lie; none for an honest request.
    pub lie: Option<Lie>,
    /// An honest provider, and a challenger that lies.
    pub challenger_lies: bool,
    /// What the model file is called in the report.
    pub model: String,
}

/// Is told what happens.
pub type Watching<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Passes without anything to do after which a request is given up.
const MOST_WAITS: u32 = 200;

/// The players of one request.
struct Cast {
    proposer: Provider,
    /// Delivers what the proposer doesn't.
    deliverer: Option<Provider>,
    honest: Player,
    liar: Option<Player>,
}

/// Plays one request to its end.
///
/// # Errors
/// When a place is out of range ([`gavel_adversaries::PlaceError`]), the node fails, or the request comes to no end.
pub async fn play(scene: &Scene, ask: &Ask, say: Watching<'_>) -> Result<Report> {
    scene.top_up().await?;
    let mut balances = Balances::before(scene).await?;
    let index = scene_length(scene).await?;
    let known = foreseen(scene, ask, index).await?;
    let inference = Instant::now();
    let outcome = scene
        .engine
        .answer(&ask.prompt, &known.request.params, |_| {})?;
    let inference = inference.elapsed().as_secs_f64();
    if let Some(lie) = &ask.lie {
        Plan::new(lie, &known, &scene.engine, &guest_image())?;
    }
    let mut cast = Cast::new(scene, ask, index).await?;
    let from_block = scene.node.provider().get_block_number().await?;
    let id = question(scene, ask).await?;
    ensure!(
        hash(id) == known.request.id(),
        "the request's id is not the hash of its parts"
    );
    say(&format!("the dApp asks: request {id}"));

    let computing = Instant::now();
    run(scene, &mut cast, id, say).await?;
    let computing = computing.elapsed().as_secs_f64();

    let consumer = ProposalTriage::new(scene.consumer, scene.node.provider());
    let stored = consumer.answers(id).call_raw().await?;
    let stored = <(Bytes,)>::abi_decode_params(&stored)?.0;
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let receipt = reader
        .receipt(BlockId::latest(), hash(id))
        .await?
        .context("the request has a receipt")?;
    let honest_won = final_root_is_right(scene, &known, index).await?;
    balances.after(scene).await?;
    let liar_moves = cast
        .liar
        .as_ref()
        .map(|liar| liar.moves.as_slice())
        .unwrap_or_default();
    let moves: Vec<&Move> = cast.honest.moves.iter().chain(liar_moves).collect();
    let disputed = ask.lie.is_some();
    Ok(Report {
        model: ask.model.clone(),
        program_id: scene.engine.program().id.to_string(),
        prompt: shown(&ask.prompt),
        prompt_tokens: outcome.prompt_tokens.clone(),
        tokens: outcome.tokens.clone(),
        answer: String::from_utf8_lossy(&outcome.output).into_owned(),
        lie: ask.lie.map_or("none", |lie| lie.kind.name()).into(),
        winner: if !disputed {
            "none"
        } else if honest_won {
            "honest"
        } else {
            "liar"
        }
        .into(),
        reason: if disputed {
            Some(reason(scene, from_block).await?)
        } else {
            None
        },
        levels: if disputed {
            levels(scene, &moves)
        } else {
            Vec::new()
        },
        instruction: moves
            .iter()
            .find_map(|made| made.step.as_deref())
            .map(instruction),
        gas: GasReport {
            honest: cast.honest.gas(),
            dishonest: cast.liar.as_ref().map_or(0, Player::gas),
            total: moves.iter().map(|made| made.gas).sum(),
            step: moves
                .iter()
                .find(|made| made.step.is_some())
                .map_or(0, |made| made.gas),
        },
        transactions: moves.len() as u64,
        seconds: SecondsReport {
            inference,
            dispute: if disputed { computing } else { 0.0 },
        },
        callback: CallbackReport {
            delivered: receipt.state == RequestState::Delivered,
            text: String::from_utf8_lossy(&stored).into_owned(),
            is_answer: *stored == *outcome.output,
        },
        watcher_gas: cast.honest.spent().to_string(),
        balances: balances.report(),
    })
}

/// A prompt for people: a text, or how many bytes there are of what is none.
fn shown(prompt: &[u8]) -> String {
    match str::from_utf8(prompt) {
        Ok(text) if !text.contains('\0') => text.into(),
        _ => format!("{} bytes", prompt.len()),
    }
}

impl Cast {
    async fn new(scene: &Scene, ask: &Ask, index: u64) -> Result<Self> {
        let accounts = &scene.accounts;
        let library = || Arc::new(Library::new(guest_image(), Arc::new(Honest)));
        let honest = Player::new(scene, &accounts.watcher, library(), None).await?;
        let Some(lie) = ask.lie else {
            let proposer = Provider::honest(scene, &accounts.provider).await?;
            return Ok(Cast {
                proposer,
                deliverer: None,
                honest,
                liar: None,
            });
        };
        let liar = Arc::new(Liar::new(lie, index, guest_image()));
        let player = Player::new(scene, &accounts.liar, liar.clone(), liar.silent_from()).await?;
        if ask.challenger_lies {
            let proposer = Provider::honest(scene, &accounts.provider).await?;
            return Ok(Cast {
                proposer,
                deliverer: None,
                honest,
                liar: Some(player),
            });
        }
        let proposer = Provider::lying(scene, &accounts.liar, liar).await?;
        let deliverer = Some(Provider::honest(scene, &accounts.provider).await?);
        Ok(Cast {
            proposer,
            deliverer,
            honest,
            liar: Some(player),
        })
    }
}

/// The next place of the lane's inbox.
async fn scene_length(scene: &Scene) -> Result<u64> {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    Ok(reader.lane(BlockId::latest(), scene.lane).await?.length)
}

/// The request as it will be.
async fn foreseen(scene: &Scene, ask: &Ask, index: u64) -> Result<KnownRequest> {
    let header = &scene.engine.program().header;
    ensure!(
        !ask.prompt.is_empty(),
        "the prompt is empty: the hub takes no such request"
    );
    ensure!(
        ask.prompt.len() <= header.max_prompt_bytes as usize,
        "the prompt has {} bytes, this model takes at most {}",
        ask.prompt.len(),
        header.max_prompt_bytes
    );
    ensure!(
        (1..=header.context).contains(&ask.params.max_tokens),
        "max tokens {} is outside 1..={} of this model",
        ask.params.max_tokens,
        header.context
    );
    let request = Request {
        chain_id: scene.deployment.chain_id,
        hub: scene.deployment.hub.into_array(),
        lane: scene.lane,
        index,
        program_id: scene.engine.program().id,
        requester: scene.consumer.into_array(),
        prompt_root: root_of_bytes(&ask.prompt, header.prompt_depth),
        prompt_len: ask.prompt.len() as u32,
        params: ask.params,
    };
    Ok(KnownRequest {
        request,
        prompt: ask.prompt.clone(),
    })
}

/// The input of `ask(text, maxTokens)`, or of `askWith(text, params)` where that isn't enough. The chain takes any bytes for a text, Rust's
/// does not.
fn ask_input(text: &[u8], params: &Params) -> Bytes {
    let text = Bytes::copy_from_slice(text);
    let (selector, arguments) = match *params == Params::greedy(params.max_tokens) {
        true => {
            let arguments = (text, params.max_tokens).abi_encode_params();
            (ProposalTriage::askCall::SELECTOR, arguments)
        }
        false => {
            let arguments = (text, convert::hub_params(params)).abi_encode_params();
            (ProposalTriage::askWithCall::SELECTOR, arguments)
        }
    };
    [&selector[..], &arguments].concat().into()
}

/// The dApp asks and pays; gives the request's id.
///
/// # Errors
/// The node's, or the hub's refusal.
pub async fn question(scene: &Scene, ask: &Ask) -> Result<B256> {
    let provider = scene.node.provider();
    let consumer = ProposalTriage::new(scene.consumer, provider);
    let gas = consumer.callbackGas().call().await?;
    let hub = Hub::new(scene.deployment.hub, provider);
    let length = U256::from(ask.prompt.len());
    let fee = hub
        .quote(scene.lane, length, ask.params.max_tokens, gas)
        .call()
        .await?;
    let call = Call {
        name: "ask",
        to: scene.consumer,
        input: ask_input(&ask.prompt, &ask.params),
        value: fee,
    };
    let mut sender = Sender::new(
        provider.clone(),
        scene.accounts.requester.wallet(),
        FeePolicy::local(),
    );
    let sent = sender.send(call).await?;
    let receipt = provider
        .get_transaction_receipt(sent.hash)
        .await?
        .context("the question has a receipt")?;
    let asked = receipt
        .logs()
        .iter()
        .find_map(|log| Hub::Requested::decode_log(&log.inner).ok());
    Ok(asked.context("the hub took the request")?.requestId)
}

/// Lets everyone act until the answer is delivered and nobody has anything left to do.
async fn run(scene: &Scene, cast: &mut Cast, id: B256, say: Watching<'_>) -> Result<()> {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let mut waits = 0;
    let mut said = String::new();
    loop {
        let mut acted = cast.proposer.tick().await?;
        let (board, moved) = cast.honest.tick(scene).await?;
        acted |= moved;
        if let Some(liar) = &mut cast.liar {
            acted |= liar.tick(scene).await?.1;
        }
        let state = reader
            .receipt(BlockId::latest(), hash(id))
            .await?
            .context("the request has a receipt")?
            .state;
        if let Some(deliverer) = cast
            .deliverer
            .as_mut()
            .filter(|_| state == RequestState::Final)
        {
            acted |= deliverer.tick().await?;
        }
        let line = describe(&board, cast, state);
        if line != said {
            say(&line);
            said = line;
        }
        if acted {
            waits = 0;
            continue;
        }
        if state == RequestState::Delivered {
            return Ok(());
        }
        waits += 1;
        if waits > MOST_WAITS {
            bail!(
                "nobody has anything to do, and the request is {}; the proposer said last: {:?}",
                state.name(),
                cast.proposer.last
            );
        }
        scene.node.pass(next_deadline(&board)).await?;
    }
}

fn describe(board: &Board, cast: &Cast, state: RequestState) -> String {
    let live = board
        .tournaments
        .values()
        .filter(|tournament| !tournament.over);
    let deepest = live.map(|tournament| tournament.context.kind).max();
    let moves = cast.honest.moves.len() + cast.liar.as_ref().map_or(0, |liar| liar.moves.len());
    match deepest {
        Some(kind) => {
            format!("{}: {kind:?} tournament, {moves} moves", state.name()).to_lowercase()
        }
        None => format!("request {}", state.name()),
    }
}

/// Seconds until the next deadline is past, or a minute if there is none.
pub fn next_deadline(board: &Board) -> u64 {
    let batches = board
        .batches
        .iter()
        .filter(|batch| batch.state == BatchState::Proposed)
        .map(|batch| batch.closes);
    let joins = board
        .tournaments
        .values()
        .filter(|tournament| !tournament.over)
        .map(|tournament| tournament.join_closes);
    let matches = board.matches.values().map(|view| view.deadline);
    let ahead = batches
        .chain(joins)
        .chain(matches)
        .filter(|deadline| *deadline >= board.now)
        .min();
    ahead.map_or(60, |deadline| deadline - board.now + 1)
}

async fn final_root_is_right(scene: &Scene, known: &KnownRequest, index: u64) -> Result<bool> {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let number = reader
        .batch_holding(BlockId::latest(), scene.lane, index)
        .await?
        .context("a batch holds the request")?;
    let batch = reader
        .batch(BlockId::latest(), scene.lane, number)
        .await?
        .context("the batch is there")?;
    let library = Library::new(guest_image(), Arc::new(Honest));
    library.add_program(Arc::clone(&scene.engine));
    library.add_request(known.clone());
    ensure!(
        batch.first == index && batch.count == 1,
        "one request a batch here"
    );
    let result = library.result(known.request.id())?;
    Ok(batch.root == gavel_traces::batch::tree(vec![result], scene.constants.batch_depth).root())
}

/// How the innermost decision fell: by proof if any match was decided by a rule, else by a clock.
async fn reason(scene: &Scene, from_block: u64) -> Result<String> {
    let filter = Filter::new()
        .address(scene.deployment.tournament)
        .event_signature(Tournament::MatchOver::SIGNATURE_HASH)
        .from_block(from_block);
    let logs = scene.node.provider().get_logs(&filter).await?;
    let by_rule = |log: &alloy::rpc::types::Log| {
        log.log_decode::<Tournament::MatchOver>()
            .is_ok_and(|over| over.inner.reason == 0)
    };
    Ok(if logs.iter().any(by_rule) {
        "proof"
    } else {
        "clock"
    }
    .into())
}

/// Depth of the tile descent of the largest output slot.
fn tile_depth(scene: &Scene) -> u8 {
    let program = scene.engine.program();
    let depth = |node: &gavel_program::Node| program.slot(node.output).map_or(0, |slot| slot.depth);
    program.nodes.iter().map(depth).max().unwrap_or(3) - 3
}

fn levels(scene: &Scene, moves: &[&Move]) -> Vec<LevelReport> {
    let header = &scene.engine.program().header;
    let depths = [
        scene.constants.batch_depth,
        header.step_depth,
        header.node_depth,
        tile_depth(scene),
        header.trace_depth,
    ];
    let level = |(place, name): (usize, &&'static str)| {
        let here = moves.iter().filter(|made| made.level == place);
        LevelReport {
            level: name,
            depth: depths[place],
            moves: here.clone().count() as u64,
            gas: here.map(|made| made.gas).sum(),
        }
    };
    LEVELS.iter().enumerate().map(level).collect()
}

/// The instruction in a step's proof: pc from the registers, the word from the image's leaf.
fn instruction(proof: &[u8]) -> InstructionReport {
    let pc = u32::from_be_bytes(proof[32..36].try_into().expect("a proof has registers"));
    let place = 184 + (pc % 32) as usize;
    let word = proof.get(place..place + 4).map_or(0, |word| {
        u32::from_le_bytes(word.try_into().expect("four bytes"))
    });
    let name = gavel_image::symbol_at(pc)
        .map(|symbol| format!("  in {}", symbol.name))
        .unwrap_or_default();
    InstructionReport {
        pc: format!("{pc:#010x}"),
        word: format!("{word:#010x}"),
        text: format!("{}{name}", isa::decode(word)),
    }
}

/// Everyone's wei before and after.
struct Balances(BTreeMap<String, (U256, U256)>);

impl Balances {
    async fn before(scene: &Scene) -> Result<Self> {
        let mut all = BTreeMap::new();
        for account in scene.accounts.all() {
            all.insert(
                account.name.to_owned(),
                (scene.worth(account).await?, U256::ZERO),
            );
        }
        Ok(Balances(all))
    }

    async fn after(&mut self, scene: &Scene) -> Result<()> {
        for account in scene.accounts.all() {
            let worth = scene.worth(account).await?;
            self.0.entry(account.name.to_owned()).or_default().1 = worth;
        }
        Ok(())
    }

    fn report(&self) -> BTreeMap<String, BalanceReport> {
        let report = |(before, after): &(U256, U256)| BalanceReport {
            before: before.to_string(),
            after: after.to_string(),
        };
        self.0
            .iter()
            .map(|(name, pair)| (name.clone(), report(pair)))
            .collect()
    }
}

impl Report {
    /// Whether the story went as it must: the right answer reached the dApp; in a dispute the truth won, the watcher lost nothing
    /// but has its gas back, and the liar lost.
    pub fn is_right(&self) -> bool {
        let worth = |name: &str| {
            let balance = &self.balances[name];
            let parse = |wei: &str| wei.parse::<U256>().unwrap_or_default();
            (parse(&balance.before), parse(&balance.after))
        };
        let delivered = self.callback.delivered && self.callback.is_answer;
        if self.winner == "none" {
            return delivered;
        }
        let (watcher_before, watcher_after) = worth("watcher");
        let gas = self.watcher_gas.parse::<U256>().unwrap_or_default();
        let (liar_before, liar_after) = worth("liar");
        delivered
            && self.winner == "honest"
            && watcher_after + gas >= watcher_before
            && liar_after < liar_before
    }
}
