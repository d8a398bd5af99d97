//! The thread that owns the chain. Execution never runs on a server's thread.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;

use crate::chain::{Chain, Mining, UnixTime};
use crate::config::ChainConfig;

type Job = Box<dyn FnOnce(&mut Chain, UnixTime) + Send>;

/// The chain's thread is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chain has stopped")]
pub(crate) struct ChainStopped;

/// A way to the chain. The chain's thread ends when the last one is dropped.
#[derive(Clone, Debug)]
pub(crate) struct ChainHandle {
    jobs: Sender<Job>,
}

impl ChainHandle {
    /// Runs `job` on the chain, after those that came before.
    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T, ChainStopped>
    where
        T: Send + 'static,
        F: FnOnce(&mut Chain, UnixTime) -> T + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |chain, now| {
            if reply.send(job(chain, now)).is_err() {
                tracing::debug!(target: "devnet", "a client left before its answer");
            }
        });
        self.jobs.send(job).map_err(|_job| ChainStopped)?;
        answer.await.map_err(|_closed| ChainStopped)
    }
}

/// Starts a chain on a thread of its own.
pub(crate) fn spawn(config: ChainConfig) -> std::io::Result<(ChainHandle, JoinHandle<()>)> {
    let (jobs, inbox) = channel();
    let chain = Chain::new(config, wall_clock());
    let thread = thread::Builder::new()
        .name("devnet-chain".into())
        .spawn(move || serve(chain, &inbox))?;
    Ok((ChainHandle { jobs }, thread))
}

fn serve(mut chain: Chain, inbox: &Receiver<Job>) {
    let mut last_block = Instant::now();
    loop {
        match next_job(inbox, chain.mining(), last_block) {
            Ok(job) => {
                let mining = chain.mining();
                job(&mut chain, wall_clock());
                if chain.mining() != mining {
                    last_block = Instant::now();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                chain.mine(wall_clock());
                last_block = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Waits for a job, or, while mining goes by the clock, for the time of the next block.
fn next_job(
    inbox: &Receiver<Job>,
    mining: Mining,
    last_block: Instant,
) -> Result<Job, RecvTimeoutError> {
    match mining {
        Mining::Interval(interval) => {
            inbox.recv_timeout(interval.saturating_sub(last_block.elapsed()))
        }
        Mining::Auto | Mining::Manual => inbox
            .recv()
            .map_err(|_disconnected| RecvTimeoutError::Disconnected),
    }
}

fn wall_clock() -> UnixTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    UnixTime(since.as_secs())
}
