//! Programs, lanes and requests, as the registry's and the hub's logs tell.

use crate::{
    ChainError, Deployment, Head, LogReader, Refreshed,
    bindings::{
        hub::Hub::{LaneCreated, Requested},
        registry::ModelRegistry::ModelRegistered,
    },
    convert::{self, b256, hash},
};
use alloy::{
    primitives::{Address, B256},
    providers::Provider,
    rpc::types::Log,
    sol_types::{SolEvent, SolValue},
};
use gavel_dispute::payload::{HEADER_WORDS, HeaderWords};
use gavel_primitives::{Hash, Request, prompt_depth_fits, root_of_bytes};
use std::collections::BTreeMap;

/// A registered program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredProgram {
    /// Its id: the hash of the header.
    pub id: Hash,
    /// Its header.
    pub header: HeaderWords,
    /// Depth of its prompt slot.
    pub prompt_depth: u8,
    /// Who registered it.
    pub registrant: Address,
    /// A name for people.
    pub name: String,
    /// Where the model file can be fetched.
    pub uri: String,
}

/// A lane of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its number.
    pub number: u64,
    /// The program that it runs.
    pub program_id: Hash,
    /// Who made it.
    pub owner: Address,
}

/// A request in a lane's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    /// What its id commits to.
    pub request: Request,
    /// The prompt's bytes.
    pub prompt: Vec<u8>,
    /// The transaction that asked.
    pub transaction: Option<B256>,
    /// Its block.
    pub block: u64,
}

/// Everything asked so far, as of a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// Programs by id.
    pub programs: BTreeMap<Hash, RegisteredProgram>,
    /// Lanes by number.
    pub lanes: BTreeMap<u64, Lane>,
    /// Requests by lane and place.
    pub requests: BTreeMap<(u64, u64), InboxEntry>,
}

impl Inbox {
    fn apply(&mut self, log: &Log, chain_id: u64, hub: Address) {
        match log.topic0() {
            Some(&ModelRegistered::SIGNATURE_HASH) => self.registered(log),
            Some(&LaneCreated::SIGNATURE_HASH) => self.lane_created(log),
            Some(&Requested::SIGNATURE_HASH) => self.requested(log, chain_id, hub),
            _ => {}
        }
    }

    fn registered(&mut self, log: &Log) {
        let Some(event) = decode::<ModelRegistered>(log) else {
            return;
        };
        let id = hash(event.programId);
        let program = RegisteredProgram {
            id,
            header: header_words(&event.header.abi_encode()),
            prompt_depth: event.header.promptDepth,
            registrant: event.registrant,
            name: event.name,
            uri: event.uri,
        };
        self.programs.insert(id, program);
    }

    fn lane_created(&mut self, log: &Log) {
        let Some(event) = decode::<LaneCreated>(log) else {
            return;
        };
        let lane = Lane {
            number: event.lane,
            program_id: hash(event.programId),
            owner: event.owner,
        };
        self.lanes.insert(event.lane, lane);
    }

    fn requested(&mut self, log: &Log, chain_id: u64, hub: Address) {
        let Some(event) = decode::<Requested>(log) else {
            return;
        };
        let Some((program_id, depth)) = self.prompt_slot(event.lane) else {
            tracing::warn!(target: "chain", lane = event.lane, "a request in an unknown lane");
            return;
        };
        let Some(prompt_root) = prompt_root(&event.prompt, depth) else {
            tracing::warn!(target: "chain", id = %event.requestId, "a prompt that does not fit its slot");
            return;
        };
        let request = Request {
            chain_id,
            hub: hub.into_array(),
            lane: event.lane,
            index: event.index,
            program_id,
            requester: event.requester.into_array(),
            prompt_root,
            prompt_len: event.prompt.len() as u32,
            params: convert::params(&event.params),
        };
        if b256(request.id()) != event.requestId {
            tracing::error!(target: "chain", id = %event.requestId, "a request whose id is not the hash of its parts");
            return;
        }
        let entry = InboxEntry {
            request,
            prompt: event.prompt.to_vec(),
            transaction: log.transaction_hash,
            block: log.block_number.unwrap_or_default(),
        };
        self.requests.insert((event.lane, event.index), entry);
    }

    fn prompt_slot(&self, lane: u64) -> Option<(Hash, u8)> {
        let program_id = self.lanes.get(&lane)?.program_id;
        Some((program_id, self.programs.get(&program_id)?.prompt_depth))
    }
}

fn decode<E: SolEvent>(log: &Log) -> Option<E> {
    match log.log_decode::<E>() {
        Ok(decoded) => Some(decoded.inner.data),
        Err(error) => {
            tracing::warn!(target: "chain", event = E::SIGNATURE, %error, "unreadable log");
            None
        }
    }
}

/// The prompt's root in a slot of `depth`; none if it does not fit, which the hub refuses.
fn prompt_root(prompt: &[u8], depth: u8) -> Option<Hash> {
    prompt_depth_fits(prompt.len(), depth).then(|| root_of_bytes(prompt, depth))
}

/// A static struct's ABI encoding is its words.
fn header_words(encoded: &[u8]) -> HeaderWords {
    let mut words = [[0; 32]; HEADER_WORDS];
    for (word, bytes) in words.iter_mut().zip(encoded.chunks_exact(32)) {
        word.copy_from_slice(bytes);
    }
    HeaderWords(words)
}

/// Reads the inbox, each time only what is new.
#[derive(Debug)]
pub struct InboxReader<P> {
    logs: LogReader<P>,
    chain_id: u64,
    hub: Address,
    inbox: Inbox,
    applied: usize,
}

impl<P: Provider> InboxReader<P> {
    /// A reader of a deployment's hub and registry.
    pub fn new(provider: P, deployment: &Deployment) -> Self {
        let addresses = vec![deployment.registry, deployment.hub];
        InboxReader {
            logs: LogReader::new(provider, addresses, deployment.start_block),
            chain_id: deployment.chain_id,
            hub: deployment.hub,
            inbox: Inbox::default(),
            applied: 0,
        }
    }

    /// Reads up to the chain's head; after a reorg the inbox is made anew.
    ///
    /// # Errors
    /// [`ChainError`]; the next read goes on where this one stopped.
    pub async fn read(&mut self) -> Result<(Head, &Inbox), ChainError> {
        let Refreshed { head, kept } = self.logs.refresh().await?;
        if kept < self.applied {
            self.inbox = Inbox::default();
            self.applied = 0;
        }
        for log in &self.logs.logs()[self.applied..] {
            self.inbox.apply(log, self.chain_id, self.hub);
        }
        self.applied = self.logs.logs().len();
        Ok((head, &self.inbox))
    }

    /// The hub's and the registry's logs, as of the last read.
    pub fn logs(&self) -> &[Log] {
        self.logs.logs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::registry::ModelRegistry::ProgramHeader;
    use alloy::primitives::keccak256;

    #[test]
    fn a_header_s_words_hash_to_what_the_registry_hashes() {
        // The id is keccak(tag, words): the words are the struct's ABI encoding.
        let mut words = [[0; 32]; HEADER_WORDS];
        words[6][30..].copy_from_slice(&[1, 0]);
        words[15][31] = 7;
        let header = ProgramHeader::abi_decode_validate(&words.concat()).unwrap();
        assert_eq!((header.entry, header.promptDepth), (0x100, 7));
        let words = header_words(&header.abi_encode());
        assert_eq!(words.0[6][30..], [1, 0]);
        assert_eq!(words.0[15][31], 7);
        assert_eq!(keccak256(words.0.concat()), keccak256(header.abi_encode()));
    }
}
