// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament, Kind} from "../interfaces/ITournament.sol";
import {KindRules, Rules} from "../types/Rules.sol";

/// @title Constants that a tournament contract can be made with
library RuleCheck {
    /// @notice Positions are 48 bits wide.
    uint8 internal constant MAX_DEPTH = 48;
    /// @notice A move lists at most 32 nodes.
    uint8 internal constant MAX_RADIX = 5;

    /// @notice Refuses constants that contradict each other.
    function demand(Rules memory rules) internal pure {
        _demand(Kind.Batch, rules.batch);
        _demand(Kind.Execution, rules.execution);
        _demand(Kind.Machine, rules.machine);
        if (!_radix(rules.tileRadix)) revert ITournament.RulesRefused(Kind.Execution);
        // INVARIANT: what a loser's bond leaves has an owner
        if (rules.treasury == address(0)) revert ITournament.ZeroValue();
    }

    function _demand(Kind kind, KindRules memory rules) private pure {
        // INVARIANT: allowance >= join window
        if (rules.allowance < rules.joinWindow) revert ITournament.RulesRefused(kind);
        // INVARIANT: a move is of a bounded size, and positions fit their width
        if (!_radix(rules.radix) || rules.maxDepth > MAX_DEPTH) revert ITournament.RulesRefused(kind);
    }

    function _radix(uint8 radix) private pure returns (bool) {
        return radix > 0 && radix <= MAX_RADIX;
    }
}
