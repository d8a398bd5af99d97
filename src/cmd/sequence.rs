//! `gavel sequence`: the sequencer as a process.

use crate::{
    chain::{self, Rollup},
    key, logs,
    model::Backend,
    settings::{DaemonArgs, Flags, Settings},
    shutdown,
};
use anyhow::{Context, Result, bail};
use gavel_engine::Engine;
use gavel_sequencer::{EngineAnswers, Link, Sequencer, SqliteStore};
use std::{
    fs::{self, File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Options of `gavel sequence`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel sequence --private-key-file provider.key --model FILE.gguf
  gavel sequence --rpc https://node.example --private-key-file provider.key --data sequencer --lane 2 --listen 0.0.0.0:8080
  gavel sequence --config gavel.toml
  curl http://127.0.0.1:8080/v1/completions -H 'content-type: application/json' -d '{\"model\": \"gavel\", \"prompt\": \"Once\", \"max_tokens\": 16}'

A settings file, for example (the environment has the same names: GAVEL_RPC, GAVEL_SEQUENCER_LANE, GAVEL_SEQUENCER_API__PER_MINUTE):
  rpc = \"http://127.0.0.1:8545\"
  deployment = \"deployment.json\"
  private_key_file = \"provider.key\"
  model = \"FILE.gguf\"
  [sequencer]
  lane = 0
  concurrent = 16              # answers computed at a time, from chain and API together
  cache_mib = 4096             # for the keys and values of all of them
  [sequencer.api]
  listen = \"127.0.0.1:8080\"
  per_minute = 60
  [[sequencer.api.keys]]       # with keys, completions also go on chain, paid by the account
  name = \"ann\"
  key = \"secret\"

The account needs a bond (`gavel bond add`) and must be used by nothing else. Killed at any moment and started again, with its
data or an empty folder, it goes on where it was.")]
pub(crate) struct Args {
    #[command(flatten)]
    daemon: DaemonArgs,
    /// Folder for requests, answers and what was sent; made if it is missing.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The lane that is served.
    #[arg(long)]
    lane: Option<u64>,
    /// Where the REST API listens.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_api")]
    listen: Option<SocketAddr>,
    /// No REST API.
    #[arg(long)]
    no_api: bool,
    /// Milliseconds between passes.
    #[arg(long, value_name = "MS")]
    poll_ms: Option<u64>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let flags = Flags::default()
        .with("data_dir", args.data.as_deref().map(Path::to_string_lossy))
        .with("sequencer.lane", args.lane)
        .with("sequencer.poll_ms", args.poll_ms)
        .with("sequencer.api.listen", args.listen.map(|at| at.to_string()))
        .without("sequencer.api", args.no_api);
    let settings = args.daemon.settings(flags)?;
    let signer = key::signer(settings.private_key_file.as_deref())?;
    logs::start();
    let runtime = chain::runtime()?;
    let result = runtime.block_on(async {
        let cancel = shutdown::on_signal()?;
        let rollup = Rollup::open(&settings.rpc, &settings.deployment).await?;
        let engine = Arc::new(settings.model(Backend::SANDBOX).engine()?);
        let _lock = lock(&settings.data_dir)?;
        let link = Link {
            provider: rollup.provider.clone(),
            deployment: rollup.deployment.clone(),
            signer,
        };
        serve(&settings, &rollup, link, engine, cancel).await
    });
    // What is being computed is of no use any more.
    runtime.shutdown_background();
    result
}

async fn serve(
    settings: &Settings,
    rollup: &Rollup,
    link: Link,
    engine: Arc<Engine>,
    cancel: CancellationToken,
) -> Result<()> {
    let config = settings.sequencer.clone();
    rollup
        .demand_model(config.lane, engine.program().id)
        .await?;
    let file = settings.data_dir.join("sequencer.db");
    let store = SqliteStore::open(&file)
        .await
        .with_context(|| format!("the data in {} can't be used", file.display()))?;
    let pool = settings.model(Backend::SANDBOX).pool()?;
    let (account, lane) = (link.signer.address(), config.lane);
    let api = config.api.as_ref().map(|api| api.listen.to_string());
    let capacity = pool.install(|| config.capacity(&engine));
    let answers = Arc::new(EngineAnswers::new(engine, Some(pool), capacity)?);
    let sequencer = Sequencer::new(config, link, store.into(), answers).await?;
    tracing::info!(target: "sequencer", %account, lane, api, data = %settings.data_dir.display(), "started");
    sequencer.run(cancel).await?;
    tracing::info!(target: "sequencer", "stopped");
    Ok(())
}

/// Makes the data folder, and keeps a second process out of it as long as the file is held.
///
/// # Errors
/// When the folder can't be made, or another process has it.
fn lock(folder: &Path) -> Result<File> {
    let name = folder.display();
    let made = fs::create_dir_all(folder).and_then(|()| File::create(folder.join("lock")));
    let file = made.with_context(|| format!("the data folder {name} can't be made"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another process uses the data folder {name}: stop it, or name another with --data"
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the data folder {name} can't be locked"))
        }
    }
}
