//! A question: what is asked, what the request will be, and the dApp that asks.

use crate::Scene;
use alloy::{
    eips::BlockId,
    primitives::{B256, Bytes, U256},
    providers::Provider as _,
    sol_types::{SolCall, SolEvent, SolValue},
};
use anyhow::{Context, Result, ensure};
use gavel_adversaries::Lie;
use gavel_chain::{
    Call, FeePolicy, Sender,
    bindings::{hub::Hub, triage::ProposalTriage},
    convert,
    rollup::RollupReader,
};
use gavel_primitives::{Params, Request, root_of_bytes};
use gavel_traces::KnownRequest;

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

/// The next place of the lane's inbox.
pub(crate) async fn next_index(scene: &Scene) -> Result<u64> {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    Ok(reader.lane(BlockId::latest(), scene.lane).await?.length)
}

/// The request as it will be.
pub(crate) async fn foreseen(scene: &Scene, ask: &Ask, index: u64) -> Result<KnownRequest> {
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
