// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Proof} from "../../src/types/Proof.sol";

/// @dev Small whole trees, the plain way: what a player holds.
library Tree {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    function zero(uint256 depth) internal pure returns (bytes32 root_) {
        for (uint256 i; i < depth; ++i) {
            root_ = node(root_, root_);
        }
    }

    /// @dev The node at (`height`, `index`).
    function sub(bytes32[] memory leaves, uint256 height, uint256 index) internal pure returns (bytes32) {
        if (height == 0) return leaves[index];
        return node(sub(leaves, height - 1, 2 * index), sub(leaves, height - 1, 2 * index + 1));
    }

    function depthOf(bytes32[] memory leaves) internal pure returns (uint256 depth) {
        while (uint256(1) << depth < leaves.length) ++depth;
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return sub(leaves, depthOf(leaves), 0);
    }

    /// @dev The descendants of the node at (`height`, `index`), `width` levels down.
    function list(bytes32[] memory leaves, uint256 height, uint256 index, uint256 width)
        internal
        pure
        returns (bytes32[] memory nodes)
    {
        nodes = new bytes32[](uint256(1) << width);
        for (uint256 i; i < nodes.length; ++i) {
            nodes[i] = sub(leaves, height - width, (index << width) + i);
        }
    }

    /// @dev The proof of a leaf, where the leaves themselves are roots of trees of depth `base`.
    function proof(bytes32[] memory leaves, uint256 index, uint256 base) internal pure returns (Proof memory compact) {
        uint256 depth = depthOf(leaves);
        bytes32[] memory all = new bytes32[](depth);
        uint256 written;
        for (uint256 level; level < depth; ++level) {
            bytes32 sibling = sub(leaves, level, (index >> level) ^ 1);
            if (sibling == zero(base + level)) continue;
            compact.mask |= uint256(1) << level;
            all[written++] = sibling;
        }
        compact.siblings = new bytes32[](written);
        for (uint256 i; i < written; ++i) {
            compact.siblings[i] = all[i];
        }
    }

    /// @dev The leaves with one of them replaced.
    function with(bytes32[] memory leaves, uint256 index, bytes32 leaf) internal pure returns (bytes32[] memory copy) {
        copy = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) {
            copy[i] = i == index ? leaf : leaves[i];
        }
    }

    /// @dev As many leaves as asked for, all different; from `from` on they depend on `seed`, before it on nothing.
    function made(uint256 count, uint256 from, bytes32 seed) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(i < from ? bytes32(0) : seed, i));
        }
    }
}
