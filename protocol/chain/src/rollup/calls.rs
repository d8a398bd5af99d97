//! Transactions to registry, hub and rollup.

use super::Price;
use crate::{
    Call, Deployment,
    bindings::{
        hub::Hub, registry::ModelRegistry, registry::ModelRegistry::ProgramHeader, rollup::Rollup,
    },
    convert::{self, b256, words},
};
use alloy::{
    primitives::{Bytes, U256},
    sol_types::{Error, SolValue},
};
use gavel_dispute::payload::HeaderWords;
use gavel_primitives::{CompactProof, Hash, Params, ResultCommitment};

/// An answer with the proof that a batch says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The lane's batch that holds the request.
    pub batch: u64,
    /// What the batch says of the request.
    pub result: ResultCommitment,
    /// Proof of the result in the batch's tree.
    pub proof: CompactProof,
    /// The answer's bytes.
    pub answer: Vec<u8>,
}

/// Registers a program.
///
/// # Errors
/// When a word exceeds its field: the header is none that a program has.
pub fn register(
    at: &Deployment,
    header: &HeaderWords,
    parent: Hash,
    name: &str,
    uri: &str,
) -> Result<Call, Error> {
    let call = ModelRegistry::registerCall {
        header: ProgramHeader::abi_decode_validate(&header.0.concat())?,
        parent: b256(parent),
        name: name.to_owned(),
        uri: uri.to_owned(),
    };
    Ok(Call::new("register", at.registry, &call))
}

/// Makes a lane for a registered program.
pub fn create_lane(at: &Deployment, program: Hash, price: Price) -> Call {
    let call = Hub::createLaneCall {
        programId: b256(program),
        price: price.into(),
    };
    Call::new("createLane", at.hub, &call)
}

/// Attests to holding a lane's program.
pub fn attest(at: &Deployment, lane: u64) -> Call {
    Call::new("attest", at.rollup, &Rollup::attestCall { lane })
}

/// Asks a lane's model, with `value` wei.
pub fn request(
    at: &Deployment,
    lane: u64,
    prompt: &[u8],
    params: &Params,
    callback_gas: u32,
    value: U256,
) -> Call {
    let call = Hub::requestCall {
        lane,
        prompt: Bytes::copy_from_slice(prompt),
        params: convert::hub_params(params),
        callbackGas: callback_gas,
    };
    Call::new("request", at.hub, &call).with_value(value)
}

/// Adds `value` wei to the sender's bond.
pub fn add_bond(at: &Deployment, value: U256) -> Call {
    Call::new("addBond", at.rollup, &Rollup::addBondCall {}).with_value(value)
}

/// Pays out of the sender's free bond.
pub fn withdraw_bond(at: &Deployment, amount: u128) -> Call {
    Call::new(
        "withdrawBond",
        at.rollup,
        &Rollup::withdrawBondCall { amount },
    )
}

/// Proposes the next batch of a lane.
pub fn propose(at: &Deployment, lane: u64, first: u64, count: u64, root: Hash) -> Call {
    let call = Rollup::proposeCall {
        lane,
        first,
        count,
        root: b256(root),
    };
    Call::new("propose", at.rollup, &call)
}

/// Proposes a void batch's range again.
pub fn repropose(at: &Deployment, lane: u64, batch: u64, root: Hash) -> Call {
    let call = Rollup::reproposeCall {
        lane,
        batch,
        root: b256(root),
    };
    Call::new("repropose", at.rollup, &call)
}

/// Ends a batch whose window passed without a rival.
pub fn finalize(at: &Deployment, lane: u64, batch: u64) -> Call {
    Call::new("finalize", at.rollup, &Rollup::finalizeCall { lane, batch })
}

/// Hands out an answer.
pub fn deliver(at: &Deployment, delivery: &Delivery) -> Call {
    let result = &delivery.result;
    let call = Hub::deliverCall {
        id: b256(result.request_id),
        delivery: Hub::Delivery {
            batch: delivery.batch,
            result: Hub::RequestResult {
                requestId: b256(result.request_id),
                // The contract's enum ends before 255: a code that it can't hold is refused there, not delivered as another.
                status: u8::try_from(result.status.code()).unwrap_or(u8::MAX),
                tokensOut: result.tokens_out,
                outputLength: result.output_len,
                outputRoot: b256(result.output_root),
            },
            mask: U256::from(delivery.proof.mask),
            siblings: words(&delivery.proof.siblings),
            answer: Bytes::copy_from_slice(&delivery.answer),
        },
    };
    Call::new("deliver", at.hub, &call)
}

/// Gives a fee back when no answer came in time.
pub fn refund(at: &Deployment, id: Hash) -> Call {
    Call::new("refund", at.hub, &Hub::refundCall { id: b256(id) })
}

/// Pays the sender's credit at the hub out.
pub fn withdraw(at: &Deployment) -> Call {
    Call::new("withdraw", at.hub, &Hub::withdrawCall {})
}
