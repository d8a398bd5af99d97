//! An embedded EVM chain behind JSON-RPC.
//!
//! [`Devnet::start`] gives a node on a local port, with funded accounts, for demos and tests;
//! [`chain::Chain`] is the chain in it, without network, threads or clock; [`rpc::respond`] is
//! JSON-RPC over such a chain, bytes in and bytes out.
//!
//! The rules are those of hardfork Osaka as revm has them: EIP-1559 fees, the calldata floor of
//! EIP-7623, the gas cap of EIP-7825. [`chain`] says what block headers claim and what they don't.

pub mod accounts;
pub mod chain;
pub mod config;
mod devnet;
pub mod rpc;
mod server;
mod worker;

pub use accounts::DevAccount;
pub use config::{ChainConfig, DevnetConfig};
pub use devnet::{Devnet, StartFailed};
