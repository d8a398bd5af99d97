//! Between the contracts' types and the protocol's.

use crate::bindings::{hub::Hub, tournament::Tournament as t};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolValue;
use gavel_dispute::{
    Account, BatchState, CommitmentView, Context, Kind, MatchId, Side, Stage, Tag, TournamentId,
    payload::{
        ExecutionEnd, FirstSlots, HeaderWords, MachineEnd, NodeOpening, OpenedInput, TableEntry,
        TileOpening,
    },
};
use gavel_primitives::{CompactProof, Hash, Params, Request, StopText};

/// A hash as the contracts' word.
pub fn b256(hash: Hash) -> B256 {
    B256::from(hash.0)
}

/// A contract's word as a hash.
pub fn hash(word: B256) -> Hash {
    Hash(word.0)
}

/// An account as an address.
pub fn address(account: Account) -> Address {
    Address::from(account.0)
}

/// An address as an account.
pub fn account(address: Address) -> Account {
    Account(address.into_array())
}

/// Hashes as words.
pub(crate) fn words(hashes: &[Hash]) -> Vec<B256> {
    hashes.iter().copied().map(b256).collect()
}

/// A word as a hash, unless it is zero.
pub(crate) fn nonzero(word: B256) -> Option<Hash> {
    (!word.is_zero()).then(|| hash(word))
}

/// Kind by the code of the contracts' enum.
pub(crate) fn kind(code: u8) -> Option<Kind> {
    Kind::ALL.get(usize::from(code)).copied()
}

/// The code of a kind.
pub(crate) const fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Batch => 0,
        Kind::Execution => 1,
        Kind::Machine => 2,
    }
}

/// State of a batch by the code of the contracts' enum; none for a batch that there isn't.
pub(crate) fn batch_state(code: u8) -> Option<BatchState> {
    match code {
        1 => Some(BatchState::Proposed),
        2 => Some(BatchState::Disputed),
        3 => Some(BatchState::Final),
        4 => Some(BatchState::Void),
        _ => None,
    }
}

/// Where a match is, by the contracts' enum and the winner that goes with it; none for a match that does not exist.
pub(crate) fn stage(code: u8, winner: u8) -> Option<Stage> {
    let winner = match winner {
        0 => Some(Side::Zero),
        1 => Some(Side::One),
        _ => None,
    };
    let stages = [
        Stage::Descent,
        Stage::Seal,
        Stage::Sealed,
        Stage::Reveal,
        Stage::TileDescent,
        Stage::TileSealed,
        Stage::Inner,
        Stage::Decided { winner },
        Stage::Over,
    ];
    stages.get(usize::from(code).checked_sub(1)?).copied()
}

/// The side of an index.
pub(crate) const fn side(index: u8) -> Side {
    match index {
        0 => Side::Zero,
        _ => Side::One,
    }
}

fn tag(code: u8) -> Option<Tag> {
    match code {
        1 => Some(Tag::A),
        2 => Some(Tag::B),
        _ => None,
    }
}

/// A tournament's context; none for a kind that this version doesn't know.
pub(crate) fn context(of: &t::Context) -> Option<Context> {
    Some(Context {
        kind: kind(of.kind)?,
        depth: of.depth,
        image_depth: of.imageDepth,
        position: of.position,
        tile: of.tile,
        lane: of.lane,
        first: of.first,
        count: of.count,
        round: of.round,
        accumulator: hash(of.accumulator),
        program_id: hash(of.programId),
        request_id: hash(of.requestId),
        parent_tournament: TournamentId(hash(of.parentTournament)),
        parent_match: MatchId(hash(of.parentMatch)),
        start: hash(of.start),
        end_a: hash(of.endA),
        end_b: hash(of.endB),
        old_chunk: hash(of.oldChunk),
        inputs_root: hash(of.inputsRoot),
        image_root: hash(of.imageRoot),
    })
}

/// A commitment.
pub(crate) fn commitment(root: Hash, of: &t::CommitmentView) -> CommitmentView {
    CommitmentView {
        root,
        joiner: account(of.joiner),
        tag: tag(of.tag),
        eliminated: of.eliminated,
        clock: of.clock.into(),
    }
}

/// A Merkle proof.
pub(crate) fn proof(of: &CompactProof) -> t::Proof {
    t::Proof {
        mask: U256::from(of.mask),
        siblings: words(&of.siblings),
    }
}

/// A program header.
///
/// # Errors
/// When a word exceeds its field: the header is none that a program has.
pub(crate) fn header(of: &HeaderWords) -> Result<t::ProgramHeader, alloy::sol_types::Error> {
    t::ProgramHeader::abi_decode_validate(&of.0.concat())
}

/// What a request's id commits to.
pub(crate) fn request(of: &Request) -> t::RequestPreimage {
    t::RequestPreimage {
        lane: of.lane,
        index: of.index,
        programId: b256(of.program_id),
        requester: Address::from(of.requester),
        promptRoot: b256(of.prompt_root),
        promptLength: of.prompt_len,
        params: tournament_params(&of.params),
    }
}

/// Sampling parameters as one of the generated types that are the contracts' one struct.
macro_rules! generated_params {
    ($of:expr => $($type:ident)::+) => {
        $($type)::+ {
            maxTokens: $of.max_tokens,
            temperature: $of.temperature,
            topK: $of.top_k,
            topP: $of.top_p,
            minP: $of.min_p,
            repetitionPenalty: $of.repetition_penalty,
            frequencyPenalty: $of.frequency_penalty,
            presencePenalty: $of.presence_penalty,
            seed: $of.seed,
            stop: $of.stop.map(|text| B256::from(text.word())),
        }
    };
}

/// Sampling parameters, for a tournament.
pub(crate) fn tournament_params(of: &Params) -> t::Params {
    generated_params!(of => t::Params)
}

/// Sampling parameters, for the hub.
pub fn hub_params(of: &Params) -> Hub::Params {
    generated_params!(of => Hub::Params)
}

/// Sampling parameters, as the hub's events have them.
pub(crate) fn params(of: &Hub::Params) -> Params {
    Params {
        max_tokens: of.maxTokens,
        temperature: of.temperature,
        top_k: of.topK,
        top_p: of.topP,
        min_p: of.minP,
        repetition_penalty: of.repetitionPenalty,
        frequency_penalty: of.frequencyPenalty,
        presence_penalty: of.presencePenalty,
        seed: of.seed,
        stop: of.stop.map(|text| StopText::from_word(text.0)),
    }
}

/// Prompt and control slot.
pub(crate) fn first_slots(of: &FirstSlots) -> t::FirstSlots {
    t::FirstSlots {
        promptOld: b256(of.prompt_old),
        prompt: proof(&of.prompt),
        controlOld: b256(of.control_old),
        control: proof(&of.control),
    }
}

/// The end of an execution.
pub(crate) fn execution_end(of: &ExecutionEnd) -> Result<t::ExecutionEnd, alloy::sol_types::Error> {
    Ok(t::ExecutionEnd {
        header: header(&of.header)?,
        leaf: proof(&of.leaf),
        persistentRoot: b256(of.persistent_root),
        control: of.control.map(b256),
        controlPath: proof(&of.control_path),
        outputRoot: b256(of.output_root),
        outputPath: proof(&of.output_path),
    })
}

/// The end of a machine's run.
pub(crate) fn machine_end(of: &MachineEnd) -> t::MachineEnd {
    t::MachineEnd {
        leaf: proof(&of.leaf),
        workRoot: b256(of.work_root),
        registers: Bytes::copy_from_slice(&of.registers),
        chunk: b256(of.chunk),
        chunkPath: proof(&of.chunk_path),
    }
}

/// The opening of a node.
pub(crate) fn node_opening(of: &NodeOpening) -> t::NodeOpening {
    t::NodeOpening {
        persistentRoot: b256(of.persistent_root),
        scratchRoot: b256(of.scratch_root),
        control: of.control.map(b256),
        controlPath: proof(&of.control_path),
        record: of.record.map(b256),
        recordPath: proof(&of.record_path),
        tables: of.tables.iter().map(table_entry).collect(),
    }
}

fn table_entry(of: &TableEntry) -> t::TableEntry {
    t::TableEntry {
        root: b256(of.root),
        depth: of.depth,
        dtype: of.dtype,
        path: proof(&of.path),
    }
}

/// The opening of a tile.
pub(crate) fn tile_opening(of: &TileOpening) -> t::TileOpening {
    t::TileOpening {
        recordRoot: b256(of.record_root),
        controlRoot: b256(of.control_root),
        inputs: of.inputs.iter().map(opened_input).collect(),
        slotRoots: words(&of.slot_roots),
        slotPaths: of.slot_paths.iter().map(proof).collect(),
        oldChunk: b256(of.old_chunk),
        chunkPath: proof(&of.chunk_path),
    }
}

fn opened_input(of: &OpenedInput) -> t::OpenedInput {
    t::OpenedInput {
        code: of.code,
        depth: of.depth,
        root: b256(of.root),
    }
}
