//! `gavel deploy`: all contracts of a rollup.

use crate::{
    chain::{self, NodeArgs},
    deployment_file,
    key::KeyArgs,
    setup,
    usage::Usage,
};
use anyhow::Result;
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use gavel_chain::Settings;
use std::path::PathBuf;

/// Options of `gavel deploy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel deploy --private-key-file key.txt
  gavel deploy --rpc https://node.example --private-key-file key.txt --settings production.toml --deployment production.json
  GAVEL_PRIVATE_KEY=0x... gavel deploy --json

A settings file replaces development constants, in seconds and wei, for example:
  window = 604800
  refund_delay = 1209600
  [machine]
  radix = 5
  max_depth = 36
  join_window = 86400
  allowance = 604800
  match_effort = 3600")]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Write the addresses here.
    #[arg(
        long,
        value_name = "FILE",
        env = "GAVEL_DEPLOYMENT",
        default_value = deployment_file::DEFAULT
    )]
    deployment: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    /// TOML file with the rollup's constants; what it leaves out is as for development.
    #[arg(long, value_name = "FILE.toml")]
    settings: Option<PathBuf>,
    /// Print the addresses as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let signer = args.key.signer()?;
    let settings = args.settings(setup::development(signer.address()))?;
    if !args.force {
        deployment_file::demand_absent(&args.deployment)?;
    }
    let deploying = setup::deploy(&args.node.rpc, &signer, &settings);
    let deployment = chain::runtime()?.block_on(deploying)?;
    // Printed first: the addresses are not lost if the file can't be written.
    match args.json {
        true => println!("{}", serde_json::to_string(&deployment)?),
        false => {
            println!("chain        {}", deployment.chain_id);
            for (name, address) in deployment.contracts() {
                println!("{name:<12} {address}");
            }
        }
    }
    deployment_file::write(&args.deployment, &deployment)?;
    eprintln!("written to {}", args.deployment.display());
    Ok(())
}

impl Args {
    fn settings(&self, development: Settings) -> Result<Settings> {
        let Some(file) = &self.settings else {
            return Ok(development);
        };
        let figment =
            Figment::from(Serialized::defaults(development)).merge(Toml::file_exact(file));
        Ok(figment
            .extract()
            .map_err(|error| Usage::Settings(Box::new(error)))?)
    }
}
