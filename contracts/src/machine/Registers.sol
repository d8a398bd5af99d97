// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Tags} from "../libraries/Tags.sol";

/// @notice The packed registers in memory, behind their tag: a pointer to the message that is hashed.
/// @dev | byte | field |
///      |---|---|
///      | 0 | tag |
///      | 32, 36, 40, 44 | pc, next pc, hi, lo |
///      | 48 .. 171 | r1 .. r31 |
///      | 172 | exit |
///      | 176 | steps, 8 bytes |
type Registers is uint256;

using RegistersLib for Registers global;

/// @title Reading and writing packed registers
/// @dev Assembly, since Solidity has no 4-byte access to memory.
library RegistersLib {
    /// @notice Bytes of the packed registers, without the tag.
    uint256 internal constant PACKED_BYTES = 152;

    uint256 private constant MESSAGE_BYTES = 184;
    uint256 private constant PC = 32;
    uint256 private constant NEXT_PC = 36;
    uint256 private constant HI = 40;
    uint256 private constant LO = 44;
    uint256 private constant BEFORE_R1 = 44;
    uint256 private constant EXIT = 172;
    uint256 private constant STEPS = 176;

    /// @notice Copies packed registers from calldata; `packed` has 152 bytes.
    function load(bytes calldata packed) internal pure returns (Registers r) {
        bytes32 tag = Tags.REGISTERS;
        assembly ("memory-safe") {
            // Two words more than the message, so that a whole word can be read and written at its last field.
            r := mload(0x40)
            mstore(0x40, add(r, 256))
            mstore(r, tag)
            calldatacopy(add(r, 32), packed.offset, 152)
        }
    }

    /// @notice `H(REGISTERS, packed)`.
    function hash(Registers r) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(r, MESSAGE_BYTES)
        }
    }

    /// @notice Address of the instruction that is executed next.
    function pc(Registers r) internal pure returns (uint32) {
        return read(r, PC);
    }

    /// @notice Address of the one after it.
    function nextPc(Registers r) internal pure returns (uint32) {
        return read(r, NEXT_PC);
    }

    /// @notice Moves on.
    function setFlow(Registers r, uint32 newPc, uint32 newNextPc) internal pure {
        write(r, PC, newPc);
        write(r, NEXT_PC, newNextPc);
    }

    /// @notice Upper half of products, remainder of divisions.
    function hi(Registers r) internal pure returns (uint32) {
        return read(r, HI);
    }

    /// @notice Writes `hi`.
    function setHi(Registers r, uint32 value) internal pure {
        write(r, HI, value);
    }

    /// @notice Lower half of products, quotient of divisions.
    function lo(Registers r) internal pure returns (uint32) {
        return read(r, LO);
    }

    /// @notice Writes `lo`.
    function setLo(Registers r, uint32 value) internal pure {
        write(r, LO, value);
    }

    /// @notice A general register; register 0 is zero.
    function get(Registers r, uint32 index) internal pure returns (uint32) {
        return index == 0 ? 0 : read(r, BEFORE_R1 + 4 * uint256(index));
    }

    /// @notice Writes a general register; a write to register 0 is dropped.
    function set(Registers r, uint32 index, uint32 value) internal pure {
        if (index != 0) write(r, BEFORE_R1 + 4 * uint256(index), value);
    }

    /// @notice The exit word.
    function exitWord(Registers r) internal pure returns (uint32) {
        return read(r, EXIT);
    }

    /// @notice Writes the exit word.
    function setExit(Registers r, uint32 value) internal pure {
        write(r, EXIT, value);
    }

    /// @notice Counts one step, modulo 2^64.
    function countStep(Registers r) internal pure {
        assembly ("memory-safe") {
            let place := add(r, STEPS)
            let word := mload(place)
            // The count is the upper 8 bytes: an overflow falls off the word.
            mstore(place, add(word, shl(192, 1)))
        }
    }

    function read(Registers r, uint256 offset) private pure returns (uint32 value) {
        assembly ("memory-safe") {
            value := shr(224, mload(add(r, offset)))
        }
    }

    function write(Registers r, uint256 offset, uint32 value) private pure {
        assembly ("memory-safe") {
            let place := add(r, offset)
            // The upper 4 bytes of the word are the field, the others stay.
            mstore(place, or(shr(32, shl(32, mload(place))), shl(224, value)))
        }
    }
}
