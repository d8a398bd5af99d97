//! What a contract says when it refuses.

use crate::bindings::{
    hub::Hub::HubErrors, mips_step::MipsStep::MipsStepErrors, referee::Referee::RefereeErrors,
    registry::ModelRegistry::ModelRegistryErrors, rollup::Rollup::RollupErrors,
    tournament::Tournament::TournamentErrors,
};
use alloy::{
    primitives::{Bytes, hex},
    sol_types::{Revert, SolError, SolInterface},
    transports::{RpcError, TransportErrorKind},
};
use std::fmt;

/// A decoded revert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A custom error of one of the contracts, with its operands.
    Custom {
        /// The error as `Name { field: value, .. }`.
        text: String,
    },
    /// A reason in words.
    Reason {
        /// The words.
        text: String,
    },
    /// Data that no known error has; empty for a revert without data, as when gas runs out.
    Unknown {
        /// The data.
        data: Bytes,
    },
}

impl Refusal {
    /// Decodes a revert's data.
    pub fn decode(data: &Bytes) -> Self {
        custom(data)
            .map(|text| Refusal::Custom { text })
            .or_else(|| {
                let Revert { reason } = Revert::abi_decode(data).ok()?;
                Some(Refusal::Reason { text: reason })
            })
            .unwrap_or_else(|| Refusal::Unknown { data: data.clone() })
    }

    /// The refusal inside a node's error, if the node says that a call reverts.
    pub fn of(error: &RpcError<TransportErrorKind>) -> Option<Self> {
        let payload = error.as_error_resp()?;
        if let Some(data) = payload.as_revert_data() {
            return Some(Refusal::decode(&data));
        }
        let reverts = payload.message.to_lowercase().contains("revert");
        reverts.then(|| Refusal::Reason {
            text: payload.message.to_string(),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Custom { text } | Refusal::Reason { text } => f.write_str(text),
            Refusal::Unknown { data } if data.is_empty() => f.write_str("reverted without data"),
            Refusal::Unknown { data } => write!(f, "reverted with {}", hex::encode_prefixed(data)),
        }
    }
}

/// The first of the contracts' errors that the data is.
fn custom(data: &[u8]) -> Option<String> {
    named::<TournamentErrors>(data)
        .or_else(|| named::<RollupErrors>(data))
        .or_else(|| named::<HubErrors>(data))
        .or_else(|| named::<RefereeErrors>(data))
        .or_else(|| named::<MipsStepErrors>(data))
        .or_else(|| named::<ModelRegistryErrors>(data))
}

fn named<E: SolInterface + fmt::Debug>(data: &[u8]) -> Option<String> {
    let error = E::abi_decode(data).ok()?;
    // The enum around the error repeats its name: keep the inside.
    let text = format!("{error:?}");
    let inside = text.find('(').map(|at| &text[at + 1..text.len() - 1]);
    Some(inside.unwrap_or(&text).to_owned())
}
