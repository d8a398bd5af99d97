// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A Merkle proof: its siblings, lowest first. Depth and index come from the context.
struct Proof {
    /// Bit k: the sibling at level k is written; else it is the zero tree of its depth.
    uint256 mask;
    /// The written siblings, lowest first.
    bytes32[] siblings;
}
