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
    providers::{Format, Toml},
};
use gavel_chain::Settings;
use serde_json::Value;
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
    /// The constants of the file over those for development. Figment knows no 128-bit numbers, JSON's reader does.
    fn settings(&self, development: Settings) -> Result<Settings> {
        let Some(file) = &self.settings else {
            return Ok(development);
        };
        let given: Value = Figment::from(Toml::file_exact(file))
            .extract()
            .map_err(|error| Usage::Settings(Box::new(error)))?;
        let mut settings = serde_json::to_value(&development)?;
        let name = file.display();
        replace(&mut settings, given).map_err(|unknown| Usage::Constant {
            cause: format!("{name}: {unknown}"),
        })?;
        Ok(
            serde_json::from_value(settings).map_err(|error| Usage::Constant {
                cause: format!("{name}: {error}"),
            })?,
        )
    }
}

/// A rollup has no constant of this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no constant {0}")]
struct UnknownConstant(String);

/// Replaces values in a tree of objects.
///
/// # Errors
/// [`UnknownConstant`] for a field that the tree doesn't have.
fn replace(settings: &mut Value, given: Value) -> Result<(), UnknownConstant> {
    match (settings, given) {
        (Value::Object(fields), Value::Object(given)) => {
            for (name, value) in given {
                let field = fields
                    .get_mut(&name)
                    .ok_or_else(|| UnknownConstant(name.clone()))?;
                replace(field, value)?;
            }
        }
        (value, given) => *value = given,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn given_constants_replace_others_and_unknown_ones_are_named() {
        let mut settings = json!({"window": 60, "batch": {"radix": 4, "open": 1}});
        let given = json!({"window": 7, "batch": {"radix": 5}});
        assert_eq!(replace(&mut settings, given), Ok(()));
        assert_eq!(
            settings,
            json!({"window": 7, "batch": {"radix": 5, "open": 1}})
        );
        let unknown = replace(&mut settings, json!({"batch": {"colour": 1}}));
        assert_eq!(unknown, Err(UnknownConstant("colour".to_owned())));
    }
}
