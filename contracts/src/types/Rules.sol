// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The constants of one kind of tournament.
struct KindRules {
    /// A move reveals `2^radix` descendants.
    uint8 radix;
    /// No tree of this kind is deeper: bonds and the delay's bound are computed for it.
    uint8 maxDepth;
    /// Seconds in which commitments may join.
    uint32 joinWindow;
    /// Seconds on a commitment's clock; of an inner tournament the least.
    uint32 allowance;
    /// Seconds that the winner of a match gains.
    uint32 matchEffort;
}

/// @notice The constants of a tournament contract.
struct Rules {
    KindRules batch;
    KindRules execution;
    KindRules machine;
    /// Radix of the tile descent.
    uint8 tileRadix;
    /// OPEN: seconds in which a sealed match must be opened.
    uint32 open;
    /// Gas is repaid at the base fee, at most at this many wei.
    uint48 feeCap;
    /// Receives what a loser's bond leaves.
    address treasury;
}
