#![doc = include_str!("../README.md")]

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
