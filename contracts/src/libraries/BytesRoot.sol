// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleLib} from "./MerkleLib.sol";

/// @title Roots over bytes
/// @notice The tree over a byte string: 32 bytes a leaf, zero-padded to `2^depth` leaves.
/// @dev The twin of `root_of_bytes` in `protocol/primitives/src/merkle.rs`. Costs about 150 gas a written leaf.
library BytesRoot {
    /// @notice The bytes exceed the tree.
    /// @param length Bytes given.
    /// @param capacity Bytes of the tree.
    error BytesTooLong(uint256 length, uint256 capacity);

    /// @notice The root over `data` in a tree of `depth`.
    function rootOfBytes(bytes calldata data, uint8 depth) internal pure returns (bytes32 root) {
        // INVARIANT: bytes fit the tree that commits to them
        if (data.length > uint256(32) << depth) revert BytesTooLong(data.length, uint256(32) << depth);
        bytes32[] memory level = _leaves(data);
        bytes32 zero;
        for (uint8 height; height < depth; ++height) {
            uint256 parents = (level.length + 1) / 2;
            for (uint256 i; i < parents; ++i) {
                bytes32 right = 2 * i + 1 < level.length ? level[2 * i + 1] : zero;
                level[i] = MerkleLib.node(level[2 * i], right);
            }
            // The level's array is shortened in place: the parents overwrote its front.
            assembly ("memory-safe") {
                mstore(level, parents)
            }
            zero = MerkleLib.node(zero, zero);
        }
        return level.length == 0 ? zero : level[0];
    }

    /// @dev Copies the bytes into whole words.
    function _leaves(bytes calldata data) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[]((data.length + 31) / 32);
        // `new` zeroed the words, so the last one is padded with zeros.
        assembly ("memory-safe") {
            calldatacopy(add(leaves, 0x20), data.offset, data.length)
        }
    }
}
