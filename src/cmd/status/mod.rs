//! `gavel status`: what the chain says of a rollup, a request, a batch or a dispute.
mod batch;
mod dispute;
mod overview;
mod print;
mod request;

use crate::{
    chain::{self, Rollup, RollupArgs},
    usage::Usage,
};
use alloy::primitives::B256;
use anyhow::{Result, bail};
use serde_json::Value;
use std::str::FromStr;

/// Options of `gavel status`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel status                        contracts, lanes, open disputes
  gavel status 0x1f...                a request or a dispute, by its id
  gavel status 0/3 --json             batch 3 of lane 0")]
pub(crate) struct Args {
    /// A request's or dispute's id, or a batch as LANE/NUMBER; everything in short if none is given.
    #[arg(value_name = "REQUEST|BATCH|DISPUTE")]
    subject: Option<String>,
    #[command(flatten)]
    rollup: RollupArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// A request or a dispute.
    Id(B256),
    Batch {
        lane: u64,
        number: u64,
    },
}

impl FromStr for Subject {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let unknown = || Usage::Subject { text: text.into() };
        if let Some((lane, number)) = text.split_once('/') {
            return match (lane.parse(), number.parse()) {
                (Ok(lane), Ok(number)) => Ok(Subject::Batch { lane, number }),
                _ => Err(unknown()),
            };
        }
        text.parse().map(Subject::Id).map_err(|_| unknown())
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let subject = args.subject.as_deref().map(Subject::from_str).transpose()?;
    let status = chain::runtime()?.block_on(async {
        let rollup = args.rollup.rollup().await?;
        of(&rollup, subject).await
    })?;
    match args.json {
        true => println!("{status}"),
        false => print!("{}", print::lines(&status)),
    }
    Ok(())
}

async fn of(rollup: &Rollup, subject: Option<Subject>) -> Result<Value> {
    match subject {
        None => overview::status(rollup).await,
        Some(Subject::Batch { lane, number }) => batch::status(rollup, lane, number).await,
        Some(Subject::Id(id)) => {
            if let Some(status) = request::status(rollup, id).await? {
                return Ok(status);
            }
            if let Some(status) = dispute::status(rollup, id).await? {
                return Ok(status);
            }
            bail!(
                "this rollup has neither a request nor a dispute {id}: `gavel status` shows what there is"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_told_apart() {
        let id = format!("0x{}", "ab".repeat(32));
        assert_eq!(
            id.parse::<Subject>().ok(),
            Some(Subject::Id(B256::repeat_byte(0xab)))
        );
        let batch = Subject::Batch { lane: 0, number: 3 };
        assert_eq!("0/3".parse::<Subject>().ok(), Some(batch));
        for text in ["", "3", "0x12", "a/3", "0/", "0/-1", "0/1/2"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
