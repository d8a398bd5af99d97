//! The node as its clients see it: over HTTP, through alloy, `cast` and plain requests.

mod anvil;
mod calls;
mod cast;
mod control;
mod http;
mod ledger;
mod probe;
mod sending;
