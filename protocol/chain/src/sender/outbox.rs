//! The account's transactions on their way.

use super::{FeePolicy, GasLedger};
use crate::{Call, ChainError, Refusal, SendError};
use alloy::{
    eips::{BlockId, eip1559::Eip1559Estimation},
    network::{
        Ethereum, EthereumWallet, NetworkTransactionBuilder, NetworkWallet, TransactionBuilder,
    },
    primitives::{Address, TxHash},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
};
use std::time::{Duration, Instant};

/// A transaction that was included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its hash.
    pub hash: TxHash,
    /// Its block's number.
    pub block: u64,
    /// Gas that it used.
    pub gas: u64,
    /// Wei per gas that it paid.
    pub price: u128,
}

/// Sends from one account. Whoever holds it holds the account's nonces: one sender per account.
pub struct Sender<P> {
    provider: P,
    wallet: EthereumWallet,
    account: Address,
    policy: FeePolicy,
    ledger: GasLedger,
}

/// A transaction that waits for its block.
struct Flight {
    call: &'static str,
    request: TransactionRequest,
    fees: Eip1559Estimation,
    /// Hashes of all attempts, the last one last: any of them may be included.
    hashes: Vec<TxHash>,
    bumps: u32,
    sent_at: Instant,
    last_sent: Instant,
}

impl<P: Provider> Sender<P> {
    /// A sender for the wallet's default account.
    pub fn new(provider: P, wallet: EthereumWallet, policy: FeePolicy) -> Self {
        let account = NetworkWallet::<Ethereum>::default_signer_address(&wallet);
        Sender {
            provider,
            wallet,
            account,
            policy,
            ledger: GasLedger::default(),
        }
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.account
    }

    /// What was spent so far.
    pub fn ledger(&self) -> &GasLedger {
        &self.ledger
    }

    /// Waits until nothing of the account is under way any more: after a restart, what was sent before it
    /// must be seen before anything is decided, or it would be sent twice.
    ///
    /// # Errors
    /// The node's failure; [`SendError::NotIncluded`] after the policy's patience for all bumps.
    pub async fn settle(&self) -> Result<(), SendError> {
        let started = Instant::now();
        loop {
            let pending = self.nonce(BlockId::pending()).await?;
            if self.nonce(BlockId::latest()).await? >= pending {
                return Ok(());
            }
            let waited = started.elapsed();
            if waited > self.policy.patience * (self.policy.bumps + 1) {
                return Err(SendError::NotIncluded {
                    call: "a transaction of an earlier run",
                    hash: TxHash::ZERO,
                    waited_s: waited.as_secs(),
                });
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }

    /// Sends one call and waits for its receipt.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&mut self, call: Call) -> Result<Sent, SendError> {
        let mut results = self.send_all(vec![call]).await;
        results.pop().expect("one result for one call")
    }

    /// Sends calls that don't depend on each other, all at once, and waits for their receipts. A call that
    /// the contract would refuse is not sent, and hinders none of the others.
    pub async fn send_all(&mut self, calls: Vec<Call>) -> Vec<Result<Sent, SendError>> {
        let mut nonce = None;
        let mut flights = Vec::new();
        for call in calls {
            let flight = self.start(call, &mut nonce).await;
            flights.push(flight);
        }
        let mut results = Vec::new();
        for flight in flights {
            results.push(match flight {
                Ok(flight) => self.follow(flight).await,
                Err(error) => Err(error),
            });
        }
        results
    }

    async fn start(&self, call: Call, next: &mut Option<u64>) -> Result<Flight, SendError> {
        let request = TransactionRequest::default()
            .with_from(self.account)
            .with_to(call.to)
            .with_input(call.input.clone())
            .with_value(call.value);
        let gas = self.estimate(&call, request.clone()).await?;
        let nonce = match *next {
            Some(nonce) => nonce,
            None => self.nonce(BlockId::pending()).await?,
        };
        let estimate = self.provider.estimate_eip1559_fees().await?;
        let request = request
            .with_chain_id(self.provider.get_chain_id().await?)
            .with_gas_limit(gas)
            .with_nonce(nonce);
        let now = Instant::now();
        let mut flight = Flight {
            call: call.name,
            request,
            fees: self.policy.first(estimate),
            hashes: Vec::new(),
            bumps: 0,
            sent_at: now,
            last_sent: now,
        };
        match self.launch(&mut flight).await {
            // An answer that was lost says nothing about the transaction: it is followed all the same.
            Err(SendError::Chain(ChainError::Rpc(lost))) if lost.is_transport_error() => {
                tracing::warn!(target: "chain", call = call.name, error = %lost, "no answer to a transaction");
            }
            launched => launched?,
        }
        *next = Some(nonce + 1);
        tracing::info!(target: "chain", call = call.name, nonce, hash = %flight.hashes[0], "sent");
        Ok(flight)
    }

    /// A quarter above the estimate: the state may change until the call is executed.
    async fn estimate(&self, call: &Call, request: TransactionRequest) -> Result<u64, SendError> {
        match self.provider.estimate_gas(request).await {
            Ok(gas) => Ok(gas + gas / 4),
            Err(error) => Err(match Refusal::of(&error) {
                Some(refusal) => SendError::Refused {
                    call: call.name,
                    refusal,
                },
                None => error.into(),
            }),
        }
    }

    /// Signs the flight's request with its present fees and hands it to the node.
    async fn launch(&self, flight: &mut Flight) -> Result<(), SendError> {
        let request = flight
            .request
            .clone()
            .with_max_fee_per_gas(flight.fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(flight.fees.max_priority_fee_per_gas);
        let envelope = request
            .build(&self.wallet)
            .await
            .map_err(alloy::transports::RpcError::local_usage)?;
        // The hash is known before it is sent: an answer that gets lost loses nothing.
        flight.hashes.push(*envelope.tx_hash());
        flight.last_sent = Instant::now();
        let _pending = self.provider.send_tx_envelope(envelope).await?;
        Ok(())
    }

    async fn follow(&mut self, mut flight: Flight) -> Result<Sent, SendError> {
        loop {
            for hash in &flight.hashes {
                if let Some(receipt) = self.provider.get_transaction_receipt(*hash).await? {
                    return self.book(flight.call, &receipt);
                }
            }
            if flight.last_sent.elapsed() > self.policy.patience {
                self.bump(&mut flight).await?;
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }

    /// Sends the same nonce again for more; an error of the node is no reason to give up while time is left.
    async fn bump(&self, flight: &mut Flight) -> Result<(), SendError> {
        let waited: Duration = flight.sent_at.elapsed();
        if flight.bumps == self.policy.bumps {
            return Err(SendError::NotIncluded {
                call: flight.call,
                hash: flight.hashes.last().copied().unwrap_or_default(),
                waited_s: waited.as_secs(),
            });
        }
        flight.bumps += 1;
        flight.fees = self.policy.bumped(flight.fees);
        tracing::warn!(target: "chain", call = flight.call, waited_s = waited.as_secs(), "sent again with higher fees");
        if let Err(error) = self.launch(flight).await {
            tracing::warn!(target: "chain", call = flight.call, %error, "the node refuses the replacement");
        }
        Ok(())
    }

    fn book(
        &mut self,
        call: &'static str,
        receipt: &TransactionReceipt,
    ) -> Result<Sent, SendError> {
        let (gas, price) = (receipt.gas_used, receipt.effective_gas_price);
        let reverted = !receipt.status();
        self.ledger.add(call, gas, price, reverted);
        let hash = receipt.transaction_hash;
        tracing::info!(target: "chain", call, %hash, gas, reverted, "included");
        match reverted {
            true => Err(SendError::Reverted { call, hash }),
            false => Ok(Sent {
                hash,
                block: receipt.block_number.unwrap_or_default(),
                gas,
                price,
            }),
        }
    }

    async fn nonce(&self, block: BlockId) -> Result<u64, SendError> {
        let count = self.provider.get_transaction_count(self.account);
        Ok(count.block_id(block).await?)
    }
}
