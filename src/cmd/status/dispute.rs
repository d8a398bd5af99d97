//! One tournament, with its matches.

use crate::chain::Rollup;
use alloy::{primitives::B256, providers::Provider, rpc::types::Filter, sol_types::SolEvent};
use anyhow::Result;
use gavel_chain::bindings::tournament::Tournament;
use gavel_dispute::Kind;
use serde_json::{Value, json};

type Contract<'a> = Tournament::TournamentInstance<&'a alloy::providers::DynProvider>;

/// Names of the contracts' stages, by code.
const STAGES: [&str; 10] = [
    "none",
    "descent",
    "seal",
    "sealed",
    "reveal",
    "tile descent",
    "tile sealed",
    "inner",
    "decided",
    "over",
];

/// What a tournament decides about.
pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Batch => "batch",
        Kind::Execution => "execution",
        Kind::Machine => "machine",
    }
}

/// A tournament with commitments and matches; none if there is no such tournament.
pub(super) async fn status(rollup: &Rollup, id: B256) -> Result<Option<Value>> {
    let contract = Tournament::new(rollup.deployment.tournament, &rollup.provider);
    let view = contract.tournament(id).call().await?;
    if view.openedAt.is_zero() {
        return Ok(None);
    }
    let kind = Kind::ALL.get(usize::from(view.context.kind));
    Ok(Some(json!({
        "dispute": id,
        "kind": kind.map(|kind| kind_name(*kind)),
        "over": view.over,
        "winner": nonzero(view.winner),
        "opened": view.openedAt.to::<u64>(),
        "join_closes": view.joinCloses.to::<u64>(),
        "allowance_s": view.allowance,
        "around": nonzero(view.context.parentTournament),
        "request": nonzero(view.context.requestId),
        "commitments": commitments(rollup, &contract, id).await?,
        "matches": matches(rollup, &contract, id).await?,
    })))
}

fn nonzero(word: B256) -> Option<B256> {
    (!word.is_zero()).then_some(word)
}

async fn commitments(rollup: &Rollup, contract: &Contract<'_>, id: B256) -> Result<Vec<Value>> {
    let mut shown = Vec::new();
    for joined in events::<Tournament::Joined>(rollup, id).await? {
        let view = contract.commitment(id, joined.root).call().await?;
        shown.push(json!({
            "root": joined.root,
            "joiner": view.joiner,
            "eliminated": view.eliminated,
        }));
    }
    Ok(shown)
}

async fn matches(rollup: &Rollup, contract: &Contract<'_>, id: B256) -> Result<Vec<Value>> {
    let mut shown = Vec::new();
    for paired in events::<Tournament::MatchCreated>(rollup, id).await? {
        let view = contract.matchState(paired.matchId).call().await?;
        shown.push(json!({
            "match": paired.matchId,
            "roots": [view.root0, view.root1],
            "stage": STAGES.get(usize::from(view.stage)),
            "height": view.height,
            "position": view.position,
            "turn": view.turn,
            "deadline": view.deadline.to::<u64>(),
            "clocks_s": [view.clock0, view.clock1],
            "inner": nonzero(view.inner),
        }));
    }
    Ok(shown)
}

/// A tournament's events of one kind, in order.
async fn events<E: SolEvent>(rollup: &Rollup, id: B256) -> Result<Vec<E>> {
    let filter = Filter::new()
        .address(rollup.deployment.tournament)
        .event_signature(E::SIGNATURE_HASH)
        .topic1(id)
        .from_block(rollup.deployment.start_block);
    let logs = rollup.provider.get_logs(&filter).await?;
    logs.iter()
        .map(|log| Ok(log.log_decode::<E>()?.inner.data))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::STAGES;

    /// Words of the contract's enum, in order: `TileDescent` is `tile descent`.
    fn of_the_contract() -> Vec<String> {
        let source = include_str!("../../../contracts/src/interfaces/ITournament.sol");
        let (_, rest) = source.split_once("enum Stage {").expect("the enum");
        let (names, _) = rest.split_once('}').expect("its end");
        let code = names.lines().filter(|line| !line.trim().starts_with("//"));
        let spelled = |name: &str| {
            let mut words = String::new();
            for letter in name.trim().chars() {
                if letter.is_uppercase() && !words.is_empty() {
                    words.push(' ');
                }
                words.push(letter.to_ascii_lowercase());
            }
            words
        };
        let names = code.flat_map(|line| line.split(','));
        names.map(spelled).filter(|name| !name.is_empty()).collect()
    }

    #[test]
    fn stages_have_the_contract_s_names_in_its_order() {
        assert_eq!(of_the_contract(), STAGES);
    }
}
