//! The table of domain tags: every hash that is not a Merkle node starts with one of these.
//!
//! A tag is an ASCII name, left-aligned in 32 bytes and padded with zeros, which is Solidity's
//! `bytes32("...")`. `contracts/src/libraries/Tags.sol` and `docs/spec/encodings.md` hold the same table.

/// Left-aligns `name` in 32 bytes.
///
/// # Panics
/// At compile time, when the name is longer than 32 bytes.
const fn tag(name: &str) -> [u8; 32] {
    let bytes = name.as_bytes();
    assert!(bytes.len() <= 32);
    let mut tag = [0u8; 32];
    let mut i = 0;
    while i < bytes.len() {
        tag[i] = bytes[i];
        i += 1;
    }
    tag
}

/// Leaf of a slot or weight table: root, depth, dtype.
pub const TENSOR: [u8; 32] = tag("gavel.tensor");
/// Program header: the program id.
pub const PROGRAM: [u8; 32] = tag("gavel.program");
/// Registers of a machine.
pub const REGISTERS: [u8; 32] = tag("gavel.registers");
/// State of a machine: work root and registers.
pub const MACHINE: [u8; 32] = tag("gavel.machine");
/// Request id.
pub const REQUEST: [u8; 32] = tag("gavel.request");
/// Sampling parameters and limits of a request.
pub const PARAMS: [u8; 32] = tag("gavel.params");
/// Result of a request: a leaf of a batch.
pub const RESULT: [u8; 32] = tag("gavel.result");
/// Inbox accumulator of a lane.
pub const INBOX: [u8; 32] = tag("gavel.inbox");
/// Tournament id.
pub const TOURNAMENT: [u8; 32] = tag("gavel.tournament");
/// Match id.
pub const MATCH: [u8; 32] = tag("gavel.match");
