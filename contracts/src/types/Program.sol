// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Tags} from "../libraries/Tags.sol";

/// @notice The header that a program id commits to; the fields and their order are models/program's `Header`.
struct ProgramHeader {
    bytes32 weightsRoot;
    bytes32 graphRoot;
    bytes32 slotsRoot;
    bytes32 templateRoot;
    bytes32 scratchRoot;
    bytes32 imageRoot;
    uint32 entry;
    uint8 imageDepth;
    uint32 nodeCount;
    uint32 weightCount;
    uint32 persistentCount;
    uint32 scratchCount;
    uint32 promptSlot;
    uint32 controlSlot;
    uint32 outputSlot;
    uint8 promptDepth;
    uint8 outputDepth;
    uint8 weightDepth;
    uint8 slotDepth;
    uint8 nodeDepth;
    uint8 stepDepth;
    uint8 traceDepth;
    uint32 maxPromptBytes;
    uint32 context;
    uint32 maxOutputBytes;
    uint32 abiVersion;
}

/// @notice The program id: `H(header)`.
function programId(ProgramHeader memory header) pure returns (bytes32) {
    return keccak256(abi.encode(Tags.PROGRAM, header));
}

using {programId} for ProgramHeader global;
