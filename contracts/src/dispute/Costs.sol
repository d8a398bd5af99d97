// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Kind} from "../interfaces/ITournament.sol";
import {KindRules, Rules} from "../types/Rules.sol";

/// @title What a move is worth
/// @notice Gas that is repaid, a constant for each kind of move, so that padding and tips inflate nothing.
library Costs {
    /// @notice Of the first rival, who opens the tournament with it.
    uint256 internal constant JOIN_BATCH = 480_000;
    uint256 internal constant JOIN_EXECUTION = 340_000;
    uint256 internal constant JOIN_MACHINE = 310_000;
    uint256 internal constant SEAL = 130_000;
    uint256 internal constant OPEN_BATCH = 500_000;
    uint256 internal constant OPEN_NODE = 600_000;
    uint256 internal constant REVEAL = 130_000;
    uint256 internal constant OPEN_TILE = 900_000;
    uint256 internal constant STEP = 120_000;
    /// @notice Ending a match, with the pairing that may follow: six new words.
    uint256 internal constant SETTLE = 340_000;
    uint256 internal constant TIMEOUT = 300_000;
    uint256 internal constant CONCLUDE = 150_000;
    /// @notice A move of a descent, without its lists.
    uint256 internal constant ADVANCE = 70_000;
    /// @notice Each of a descent's up to 3 * 2^radix nodes: calldata at its floor price, and hashing.
    uint256 internal constant ADVANCE_NODE = 2_000;
    /// @notice Levels from the deepest tensor to its chunks.
    uint256 internal constant TILE_LEVELS = 20;

    /// @notice Units of joining.
    function join(Kind kind) internal pure returns (uint256) {
        if (kind == Kind.Batch) return JOIN_BATCH;
        return kind == Kind.Execution ? JOIN_EXECUTION : JOIN_MACHINE;
    }

    /// @notice Units of a move of a descent.
    function advance(uint8 radix) internal pure returns (uint256) {
        return ADVANCE + (ADVANCE_NODE * 3 << radix);
    }

    /// @notice The most units that the winning side of one match spends, there and in all inner stages of one match.
    /// A match that ends by time has been decided by nobody, and costs no more.
    function worst(Kind kind, Rules memory rules) internal pure returns (uint256) {
        uint256 machine =
            JOIN_MACHINE + _side(rules.machine.radix, rules.machine.maxDepth) + SEAL + STEP + SETTLE + CONCLUDE;
        if (kind == Kind.Machine) return machine;
        uint256 execution = JOIN_EXECUTION + _side(rules.execution.radix, rules.execution.maxDepth) + SEAL + OPEN_NODE
            + REVEAL + _side(rules.tileRadix, TILE_LEVELS) + OPEN_TILE + SETTLE + CONCLUDE + machine;
        if (kind == Kind.Execution) return execution;
        KindRules memory batch = rules.batch;
        return JOIN_BATCH + _side(batch.radix, batch.maxDepth) + OPEN_BATCH + SETTLE + execution;
    }

    /// @dev One side's moves of a descent: the first lists, each other goes down; the sides take turns.
    function _side(uint8 radix, uint256 levels) private pure returns (uint256) {
        uint256 moves = 1 + (levels + radix - 1) / radix;
        return (moves + 1) / 2 * advance(radix);
    }
}
