// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The table of domain tags
/// @notice Every hash that is not a Merkle node starts with one of these: an ASCII name, left-aligned in 32 bytes.
/// @dev The same table as `protocol/primitives/src/tag.rs` and docs/spec/encodings.md; a test compares the three files.
library Tags {
    /// @notice Leaf of a slot or weight table: root, depth, dtype.
    bytes32 internal constant TENSOR = "gavel.tensor";
    /// @notice Program header: the program id.
    bytes32 internal constant PROGRAM = "gavel.program";
    /// @notice Registers of a machine.
    bytes32 internal constant REGISTERS = "gavel.registers";
    /// @notice State of a machine: work root and registers.
    bytes32 internal constant MACHINE = "gavel.machine";
    /// @notice Request id.
    bytes32 internal constant REQUEST = "gavel.request";
    /// @notice Sampling parameters and limits of a request.
    bytes32 internal constant PARAMS = "gavel.params";
    /// @notice Result of a request: a leaf of a batch.
    bytes32 internal constant RESULT = "gavel.result";
    /// @notice Inbox accumulator of a lane.
    bytes32 internal constant INBOX = "gavel.inbox";
    /// @notice Tournament id.
    bytes32 internal constant TOURNAMENT = "gavel.tournament";
    /// @notice Match id.
    bytes32 internal constant MATCH = "gavel.match";
}
