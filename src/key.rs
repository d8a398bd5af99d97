//! Private keys: from a file or the environment, never as an argument, which other users of a machine can read.

use crate::usage::Usage;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, anyhow};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Holds a hexadecimal key.
pub(crate) const VARIABLE: &str = "GAVEL_PRIVATE_KEY";

/// Where the key of the acting account is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// File with the hexadecimal private key of the account that acts and pays; without it GAVEL_PRIVATE_KEY holds the key.
    #[arg(long, value_name = "FILE", env = "GAVEL_PRIVATE_KEY_FILE")]
    pub(crate) private_key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The key.
    pub(crate) fn signer(&self) -> Result<PrivateKeySigner> {
        signer(self.private_key_file.as_deref())
    }
}

/// The key in a file, or else in the environment.
///
/// # Errors
/// [`Usage::NoKey`] where there is neither; otherwise says which of them holds no key. The text itself is never shown.
pub(crate) fn signer(file: Option<&Path>) -> Result<PrivateKeySigner> {
    optional(file)?.ok_or_else(|| Usage::NoKey.into())
}

/// The same where a key may be missing.
///
/// # Errors
/// Says what holds no key.
pub(crate) fn optional(file: Option<&Path>) -> Result<Option<PrivateKeySigner>> {
    let (text, place) = match (file, env::var(VARIABLE)) {
        (Some(file), _) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("the key file {} can't be read", file.display()))?;
            (text, format!("the key file {}", file.display()))
        }
        (None, Ok(text)) => (text, VARIABLE.to_owned()),
        (None, Err(_)) => return Ok(None),
    };
    let parsed = text.trim().parse();
    parsed.map(Some).map_err(|_| {
        anyhow!(
            "{place} holds no private key: 64 hexadecimal digits are expected, with or without 0x"
        )
    })
}
