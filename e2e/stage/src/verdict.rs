//! How a story ended: whose root became final, and by what.

use crate::{Scene, guest_image};
use alloy::{eips::BlockId, providers::Provider as _, rpc::types::Filter, sol_types::SolEvent};
use anyhow::{Context, Result, ensure};
use gavel_chain::{bindings::tournament::Tournament, rollup::RollupReader};
use gavel_traces::{Honest, KnownRequest, Library};
use std::sync::Arc;

/// Whether the batch that holds the request became final with the true root.
pub(crate) async fn final_root_is_right(
    scene: &Scene,
    known: &KnownRequest,
    index: u64,
) -> Result<bool> {
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
pub(crate) async fn reason(scene: &Scene, from_block: u64) -> Result<String> {
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
