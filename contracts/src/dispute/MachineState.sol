// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleLib} from "../libraries/MerkleLib.sol";
import {Tags} from "../libraries/Tags.sol";

/// @title The machine's state as the dispute sees it
/// @notice The first state and the exit word; docs/spec/machine.md defines both.
library MachineState {
    /// @notice Bytes of the packed registers: 36 words and the steps.
    uint256 internal constant REGISTERS_BYTES = 152;
    /// @notice Where the exit word stands among them.
    uint256 internal constant EXIT_AT = 140;
    /// @notice Exit word of a run that ended well.
    uint32 internal constant SUCCESS = 1;
    /// @notice Depth of work memory.
    uint8 internal constant WORK_DEPTH = 17;
    /// @notice Depth of a chunk.
    uint8 internal constant CHUNK_DEPTH = 3;
    /// @notice Depth of a window.
    uint8 internal constant WINDOW_DEPTH = 23;

    /// @notice `H(MACHINE, work root, H(REGISTERS, registers))`.
    function hash(bytes32 workRoot, bytes memory registers) internal pure returns (bytes32) {
        bytes32 registersHash = keccak256(abi.encodePacked(Tags.REGISTERS, registers));
        return keccak256(abi.encode(Tags.MACHINE, workRoot, registersHash));
    }

    /// @notice M_0: at the guest's entry, work memory zero but for the old chunk.
    function first(uint32 entry, bytes32 oldChunk) internal pure returns (bytes32) {
        uint32 next;
        unchecked {
            // Addresses wrap, as the machine's do.
            next = entry + 4;
        }
        bytes memory registers = abi.encodePacked(entry, next, new bytes(REGISTERS_BYTES - 8));
        return hash(MerkleLib.raise(oldChunk, CHUNK_DEPTH, WORK_DEPTH), registers);
    }

    /// @notice The exit word of packed registers.
    function exitWord(bytes calldata registers) internal pure returns (uint32) {
        return uint32(bytes4(registers[EXIT_AT:EXIT_AT + 4]));
    }
}
