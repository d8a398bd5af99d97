//! Wrong usage that clap can't see by itself.

use clap::{CommandFactory, error::ErrorKind};
use gavel_adversaries::PlaceError;
use thiserror::Error;

/// The command line, environment or settings ask for what makes no sense.
#[derive(Debug, Error)]
pub(crate) enum Usage {
    /// A transaction needs a key.
    #[error(
        "no private key: give --private-key-file FILE, or set GAVEL_PRIVATE_KEY to a hexadecimal key"
    )]
    NoKey,
    /// Neither a request or dispute id nor a batch.
    #[error(
        "{text:?} is neither a request's or dispute's id (0x and 64 hexadecimal digits) nor a batch (LANE/NUMBER, as in 0/3)"
    )]
    Subject {
        /// What was given.
        text: String,
    },
    /// A rollup's constants make no sense.
    #[error("the rollup's constants can't be used: {cause}")]
    Constant {
        /// Which, and why.
        cause: String,
    },
    /// A conversation needs a template.
    #[error(
        "the model {model} has no chat template: name a file with one (--chat-template), or leave --chat away"
    )]
    NoChatTemplate {
        /// The model's name.
        model: String,
    },
    /// Settings from files, environment and flags don't fit together.
    #[error("the settings can't be used: {0}")]
    Settings(#[from] Box<figment::Error>),
}

/// Ends the process as clap does for wrong usage, if the error is one.
pub(crate) fn exit_if_usage(error: &anyhow::Error) {
    let is_usage =
        error.downcast_ref::<PlaceError>().is_some() || error.downcast_ref::<Usage>().is_some();
    if is_usage {
        crate::Cli::command()
            .error(ErrorKind::ValueValidation, format!("{error:#}"))
            .exit();
    }
}
