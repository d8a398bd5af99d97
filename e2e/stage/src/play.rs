//! One request, from the question to the last credit.

use crate::{
    Ask, CallbackReport, GasReport, Report, Scene, SecondsReport,
    actors::{Move, Player},
    ask::{foreseen, next_index, question},
    balances::Balances,
    cast::Cast,
    guest_image,
    moves::{instruction, levels},
    verdict::{final_root_is_right, reason},
};
use alloy::{
    eips::BlockId,
    primitives::{B256, Bytes},
    providers::Provider as _,
    sol_types::SolValue,
};
use anyhow::{Context, Result, bail, ensure};
use gavel_adversaries::Plan;
use gavel_chain::{
    bindings::triage::ProposalTriage,
    convert::hash,
    rollup::{RequestState, RollupReader},
};
use gavel_dispute::{Board, views::BatchState};
use std::time::Instant;

/// Is told what happens.
pub type Watching<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Passes without anything to do after which a request is given up.
const MOST_WAITS: u32 = 200;

/// Plays one request to its end.
///
/// # Errors
/// When a place is out of range ([`gavel_adversaries::PlaceError`]), the node fails, or the request comes to no end.
pub async fn play(scene: &Scene, ask: &Ask, say: Watching<'_>) -> Result<Report> {
    scene.top_up().await?;
    let mut balances = Balances::before(scene).await?;
    let index = next_index(scene).await?;
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

    let callback = callback(scene, id, &outcome.output).await?;
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
        winner: match (disputed, honest_won) {
            (false, _) => "none",
            (true, true) => "honest",
            (true, false) => "liar",
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
        gas: gas(&cast, &moves),
        transactions: moves.len() as u64,
        seconds: SecondsReport {
            inference,
            dispute: if disputed { computing } else { 0.0 },
        },
        callback,
        watcher_gas: cast.honest.spent().to_string(),
        balances: balances.report(),
    })
}

/// What the dApp was told.
async fn callback(scene: &Scene, id: B256, answer: &[u8]) -> Result<CallbackReport> {
    let consumer = ProposalTriage::new(scene.consumer, scene.node.provider());
    let stored = consumer.answers(id).call_raw().await?;
    let stored = <(Bytes,)>::abi_decode_params(&stored)?.0;
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let receipt = reader.receipt(BlockId::latest(), hash(id)).await?;
    let receipt = receipt.context("the request has a receipt")?;
    Ok(CallbackReport {
        delivered: receipt.state == RequestState::Delivered,
        text: String::from_utf8_lossy(&stored).into_owned(),
        is_answer: *stored == *answer,
    })
}

/// What the players' moves cost.
fn gas(cast: &Cast, moves: &[&Move]) -> GasReport {
    let step = moves.iter().find(|made| made.step.is_some());
    GasReport {
        honest: cast.honest.gas(),
        dishonest: cast.liar.as_ref().map_or(0, Player::gas),
        total: moves.iter().map(|made| made.gas).sum(),
        step: step.map_or(0, |made| made.gas),
    }
}

/// A prompt for people: a text, or how many bytes there are of what is none.
fn shown(prompt: &[u8]) -> String {
    match str::from_utf8(prompt) {
        Ok(text) if !text.contains('\0') => text.into(),
        _ => format!("{} bytes", prompt.len()),
    }
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
