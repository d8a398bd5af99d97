// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament} from "../interfaces/ITournament.sol";

/// @notice A block's timestamp, in seconds.
type Time is uint40;
/// @notice A number of seconds.
type Span is uint32;

using Clocks for Time global;
using Clocks for Span global;

/// @title Clocks of the game
/// @notice In time iff now <= deadline; out iff now > deadline: at every second exactly one holds.
library Clocks {
    /// @notice This block's time.
    function current() internal view returns (Time) {
        return Time.wrap(uint40(block.timestamp));
    }

    /// @notice The time `span` after `start`.
    function plus(Time start, Span span) internal pure returns (Time) {
        return Time.wrap(Time.unwrap(start) + Span.unwrap(span));
    }

    /// @notice The later of two times.
    function later(Time a, Time b) internal pure returns (Time) {
        return Time.unwrap(a) > Time.unwrap(b) ? a : b;
    }

    /// @notice The longer of two spans.
    function longer(Span a, Span b) internal pure returns (Span) {
        return Span.unwrap(a) > Span.unwrap(b) ? a : b;
    }

    /// @notice Refuses what comes after a deadline.
    function demandInTime(Time deadline) internal view {
        // INVARIANT: in time iff now <= deadline
        if (block.timestamp > Time.unwrap(deadline)) {
            revert ITournament.TooLate(uint40(block.timestamp), Time.unwrap(deadline));
        }
    }

    /// @notice Refuses what needs a deadline to have passed.
    function demandPassed(Time deadline) internal view {
        // INVARIANT: out iff now > deadline
        if (block.timestamp <= Time.unwrap(deadline)) {
            revert ITournament.TooEarly(uint40(block.timestamp), Time.unwrap(deadline));
        }
    }

    /// @notice What a running clock has left at a deadline that has not passed.
    function leftUntil(Time deadline) internal view returns (Span) {
        demandInTime(deadline);
        // A deadline is a start plus a span, and now is not before the start: the difference fits a span.
        return Span.wrap(uint32(Time.unwrap(deadline) - block.timestamp));
    }

    /// @notice The clock of who joins now: whoever joins t seconds after the opening starts with allowance - t.
    /// @dev The join window is at most the allowance, and joins are refused after it.
    function onJoining(Span allowance, Time openedAt) internal view returns (Span) {
        return Span.wrap(uint32(Span.unwrap(allowance) - (block.timestamp - Time.unwrap(openedAt))));
    }

    /// @notice A match's winner gains the effort, capped at the allowance.
    function onWinning(Span clock, uint32 effort, Span allowance) internal pure returns (Span) {
        uint256 gained = uint256(Span.unwrap(clock)) + effort;
        // INVARIANT: a clock never exceeds the tournament's allowance
        if (gained > Span.unwrap(allowance)) return allowance;
        return Span.wrap(uint32(gained));
    }
}
