// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleLib} from "../libraries/MerkleLib.sol";

/// @title 256 bytes as eight leaves
/// @notice Node records and control slots: 64 little-endian words, a tree of depth 3.
library Leaves {
    /// @notice Depth of a tree of eight leaves.
    uint8 internal constant DEPTH = 3;

    /// @notice The root over eight leaves.
    function root(bytes32[8] memory leaves) internal pure returns (bytes32) {
        bytes32 low = MerkleLib.node(MerkleLib.node(leaves[0], leaves[1]), MerkleLib.node(leaves[2], leaves[3]));
        bytes32 high = MerkleLib.node(MerkleLib.node(leaves[4], leaves[5]), MerkleLib.node(leaves[6], leaves[7]));
        return MerkleLib.node(low, high);
    }

    /// @notice Word `i` of 64.
    function word(bytes32[8] memory leaves, uint256 i) internal pure returns (uint32) {
        // The word's four bytes, first byte highest.
        return swap(uint32(uint256(leaves[i >> 3]) >> (224 - 32 * (i & 7))));
    }

    /// @notice Writes word `i` of 64, which must be zero before.
    function put(bytes32[8] memory leaves, uint256 i, uint32 value) internal pure {
        leaves[i >> 3] |= bytes32(uint256(swap(value)) << (224 - 32 * (i & 7)));
    }

    /// @notice The four bytes in the other order.
    function swap(uint32 value) internal pure returns (uint32) {
        value = (value & 0x00FF00FF) << 8 | (value & 0xFF00FF00) >> 8;
        return value << 16 | value >> 16;
    }
}
