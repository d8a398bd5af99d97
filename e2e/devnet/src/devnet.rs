//! A running development chain.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use crate::accounts::DevAccount;
use crate::config::DevnetConfig;
use crate::{server, worker};

/// Why a development chain did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailed {
    /// The address can't be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address of the configuration.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No thread to run on.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// A chain that answers JSON-RPC over HTTP until it is stopped or dropped.
///
/// It runs on two threads of its own and can be started with or without an async runtime.
#[derive(Debug)]
pub struct Devnet {
    address: SocketAddr,
    chain_id: u64,
    accounts: Vec<DevAccount>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Devnet {
    /// Starts a chain; when this returns, requests are answered.
    ///
    /// # Errors
    ///
    /// [`StartFailed`].
    pub fn start(config: DevnetConfig) -> Result<Self, StartFailed> {
        let at = config.listen;
        let failed = |source| StartFailed::Listen {
            address: at,
            source,
        };
        let listener = TcpListener::bind(at).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let chain_id = config.chain.chain_id;
        let accounts = (0..config.chain.accounts).map(DevAccount::derive).collect();
        let (chain, chain_thread) = worker::spawn(config.chain).map_err(StartFailed::Thread)?;
        let (stop, stopped) = watch::channel(false);
        let server_thread = thread::Builder::new()
            .name("devnet-http".into())
            .spawn(move || {
                if let Err(error) = server::serve(listener, server::router(chain), stopped) {
                    tracing::error!(target: "devnet", %error, "the server failed");
                }
            })
            .map_err(StartFailed::Thread)?;
        tracing::info!(target: "devnet", %address, chain_id, "listening");
        Ok(Self {
            address,
            chain_id,
            accounts,
            stop,
            threads: vec![server_thread, chain_thread],
        })
    }

    /// Where the node answers, as an HTTP URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The chain's EIP-155 id.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The funded accounts with their keys.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// Stops the node: open requests are finished, both threads have ended when this returns.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(target: "devnet", "a thread of the chain panicked");
            }
        }
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.shut_down();
    }
}
