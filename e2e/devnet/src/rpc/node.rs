//! What kind of node this is.

use alloy::primitives::{Address, U64};

use super::{Answer, Params, answer};
use crate::chain::{Chain, UnixTime};

pub(super) fn client_version(_: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(concat!("gavel-devnet/", env!("CARGO_PKG_VERSION")))
}

pub(super) fn net_version(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(chain.config().chain_id.to_string())
}

pub(super) fn net_listening(_: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(true)
}

pub(super) fn chain_id(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(U64::from(chain.config().chain_id))
}

pub(super) fn syncing(_: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(false)
}

/// The funded accounts. The node signs nothing itself: clients hold the keys.
pub(super) fn accounts(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    let addresses = chain
        .dev_accounts()
        .into_iter()
        .map(|account| account.address);
    answer(addresses.collect::<Vec<Address>>())
}
