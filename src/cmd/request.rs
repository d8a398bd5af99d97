//! `gavel request`: asks a lane's model through the hub, and waits for the answer.

use super::run::Sampling;
use crate::{
    amount::Amount,
    chain::{self, Rollup, RollupArgs},
    key::KeyArgs,
};
use alloy::{
    eips::BlockId,
    primitives::{B256, TxHash},
    providers::Provider,
    rpc::types::Filter,
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ArgGroup;
use gavel_chain::{
    bindings::{hub::Hub, registry::ModelRegistry},
    convert::{b256, hash},
    rollup::{RequestState, calls},
};
use gavel_primitives::Status;
use serde_json::{Value, json};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// How often the chain is asked while an answer is waited for.
const POLL: Duration = Duration::from_millis(250);

/// Options of `gavel request`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group(ArgGroup::new("text").required(true).args(["prompt", "prompt_file"])),
    after_help = "Examples:
  gavel request \"Once upon a time\" --private-key-file user.key --wait
  gavel request \"Once upon a time\" --private-key-file user.key --wait=optimistic --max-tokens 24 --temperature 0.8 --seed 7
  gavel request --prompt-file prompt.bin --private-key-file user.key --json"
)]
pub(crate) struct Args {
    /// The prompt.
    #[arg(value_name = "TEXT")]
    prompt: Option<String>,
    /// A file whose bytes are the prompt, whatever they are.
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// The lane whose model is asked.
    #[arg(long, default_value_t = 0)]
    lane: u64,
    #[command(flatten)]
    sampling: Sampling,
    /// Wait for the answer and print it: as proposed, when it can still be disputed, or final.
    #[arg(long, value_name = "UNTIL", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "final")]
    wait: Option<Until>,
    /// Give up waiting after so many seconds; the request stays.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3600,
        requires = "wait"
    )]
    timeout: u64,
    /// Pay no more than this.
    #[arg(long, value_name = "AMOUNT")]
    max_fee: Option<Amount>,
    /// Print one JSON object as the last line instead of the answer's text.
    #[arg(long)]
    json: bool,
}

/// Which answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Until {
    /// The one proposed first.
    Optimistic,
    /// The one that nobody can dispute any more.
    Final,
}

/// A request that is on the chain.
struct Asked {
    id: B256,
    index: u64,
    transaction: TxHash,
    block: u64,
    fee: Amount,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    chain::runtime()?.block_on(perform(args))
}

async fn perform(args: &Args) -> Result<()> {
    let prompt = args.prompt_bytes()?;
    let (rollup, signer) = chain::with_key(&args.rollup, &args.key).await?;
    let asked = args.ask(&rollup, &signer, &prompt).await?;
    eprintln!("request {} for {}", asked.id, asked.fee);
    let answer = match args.wait {
        Some(until) => Some(args.answer(&rollup, &asked, until).await?),
        None => None,
    };
    if args.json {
        println!("{}", args.report(&asked, answer.as_ref()));
    } else if let Some(answer) = &answer {
        println!("{}", String::from_utf8_lossy(&answer.answer));
    } else {
        println!("{}", asked.id);
    }
    Ok(())
}

impl Args {
    fn prompt_bytes(&self) -> Result<Vec<u8>> {
        match (&self.prompt, &self.prompt_file) {
            (Some(text), _) => Ok(text.clone().into_bytes()),
            (None, Some(path)) => fs::read(path)
                .with_context(|| format!("the prompt file {} can't be read", path.display())),
            (None, None) => unreachable!("clap asks for one of them"),
        }
    }

    async fn ask(
        &self,
        rollup: &Rollup,
        signer: &PrivateKeySigner,
        prompt: &[u8],
    ) -> Result<Asked> {
        let params = self.sampling.params()?;
        self.check_limits(rollup, prompt.len(), params.max_tokens)
            .await?;
        let quote = rollup
            .reader()
            .quote(self.lane, prompt.len(), params.max_tokens, 0)
            .await
            .map_err(chain::decoded)?;
        let fee = Amount(quote);
        if let Some(most) = self.max_fee.filter(|most| most.0 < fee.0) {
            bail!(
                "the request costs up to {fee}, more than the {most} of --max-fee: nothing was sent"
            );
        }
        let call = calls::request(&rollup.deployment, self.lane, prompt, &params, 0, quote);
        let sent = rollup.send(signer, call).await?;
        let receipt = rollup.provider.get_transaction_receipt(sent.hash).await?;
        let event = receipt.and_then(|receipt| receipt.decoded_log::<Hub::Requested>());
        let event = event.ok_or_else(|| anyhow!("{} made no request", sent.hash))?;
        Ok(Asked {
            id: event.requestId,
            index: event.index,
            transaction: sent.hash,
            block: sent.block,
            fee,
        })
    }

    /// Refuses what the hub would: in words, and before the account's balance is looked at.
    async fn check_limits(&self, rollup: &Rollup, bytes: usize, max_tokens: u32) -> Result<()> {
        let id = rollup.lane(self.lane).await?.program_id;
        let registry = ModelRegistry::new(rollup.deployment.registry, rollup.provider.clone());
        let program = registry.program(b256(id)).call().await?;
        let (lane, limit, context) = (self.lane, program.maxPromptBytes, program.context);
        ensure!(
            bytes > 0,
            "the prompt is empty: the hub takes no such request"
        );
        ensure!(
            bytes <= limit as usize,
            "the prompt has {bytes} bytes, the model of lane {lane} takes at most {limit}"
        );
        ensure!(
            (1..=context).contains(&max_tokens),
            "max tokens {max_tokens} is outside 1..={context} of the model of lane {lane}"
        );
        Ok(())
    }

    async fn answer(&self, rollup: &Rollup, asked: &Asked, until: Until) -> Result<Hub::Answered> {
        let deadline = Instant::now() + Duration::from_secs(self.timeout);
        let mut said = None;
        loop {
            let state = state(rollup, asked.id).await?;
            if said != Some(state) {
                eprintln!("{}", state.name());
                said = Some(state);
            }
            let answer = latest_answer(rollup, asked).await?;
            if let Some(answer) =
                answer.filter(|answer| answer.isFinal || until == Until::Optimistic)
            {
                return Ok(answer);
            }
            if state == RequestState::Refunded {
                bail!("request {} was refunded: no answer came in time", asked.id);
            }
            if Instant::now() >= deadline {
                bail!(
                    "no answer within {} s; request {} is {}: look again with `gavel status {}`",
                    self.timeout,
                    asked.id,
                    state.name(),
                    asked.id
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn report(&self, asked: &Asked, answer: Option<&Hub::Answered>) -> Value {
        json!({
            "request_id": asked.id,
            "lane": self.lane,
            "index": asked.index,
            "transaction": asked.transaction,
            "fee": asked.fee.0.to_string(),
            "answer": answer.map(answer_json),
        })
    }
}

/// An answer as scripts read it.
pub(super) fn answer_json(answer: &Hub::Answered) -> Value {
    let status = Status::from_code(u32::from(answer.result.status));
    json!({
        "final": answer.isFinal,
        "status": status.map(|status| format!("{status:?}")),
        "tokens": answer.result.tokensOut,
        "text": String::from_utf8_lossy(&answer.answer),
        "bytes": answer.answer,
    })
}

async fn state(rollup: &Rollup, id: B256) -> Result<RequestState> {
    let receipt = rollup.reader().receipt(BlockId::latest(), hash(id)).await?;
    let receipt = receipt
        .with_context(|| format!("the chain took the block with request {id} back: ask again"))?;
    Ok(receipt.state)
}

/// What was handed out last for a request: a final answer, where there is one.
async fn latest_answer(rollup: &Rollup, asked: &Asked) -> Result<Option<Hub::Answered>> {
    let mut answers = answers(rollup, asked.id, asked.block).await?;
    if let Some(place) = answers.iter().position(|answer| answer.isFinal) {
        return Ok(Some(answers.swap_remove(place)));
    }
    Ok(answers.pop())
}

/// Everything that was handed out for a request, in order.
pub(super) async fn answers(
    rollup: &Rollup,
    id: B256,
    from_block: u64,
) -> Result<Vec<Hub::Answered>> {
    let filter = Filter::new()
        .address(rollup.deployment.hub)
        .event_signature(Hub::Answered::SIGNATURE_HASH)
        .topic1(id)
        .from_block(from_block);
    let logs = rollup.provider.get_logs(&filter).await?;
    logs.iter()
        .map(|log| Ok(log.log_decode::<Hub::Answered>()?.inner.data))
        .collect()
}
