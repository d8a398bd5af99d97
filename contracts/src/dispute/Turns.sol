// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament, Stage} from "../interfaces/ITournament.sol";
import {Clocks, Span, Time} from "./Clocks.sol";
import {Progress} from "./State.sol";

/// @title Whose turn it is
/// @notice At every moment of a living match exactly one holds: a clock runs, an inner tournament is live, an opening
/// deadline runs, or a rule has decided it and anyone may end it.
library Turns {
    /// @notice Refuses a move of another stage.
    function demand(Progress memory progress, Stage stage) internal pure {
        // INVARIANT: a move is made in its own stage alone
        if (progress.stage != stage) revert ITournament.WrongStage(progress.stage, stage);
    }

    /// @notice Stops the mover's clock; refuses a move that comes too late.
    function stop(Progress memory progress) internal view {
        Span left = progress.deadline.leftUntil();
        if (progress.turn == 0) progress.clock0 = left;
        else progress.clock1 = left;
    }

    /// @notice Makes it the other side's turn.
    function flip(Progress memory progress) internal pure {
        progress.turn = 1 - progress.turn;
    }

    /// @notice Starts the clock of the side to move.
    function start(Progress memory progress) internal view {
        progress.deadline = Clocks.current().plus(progress.turn == 0 ? progress.clock0 : progress.clock1);
    }

    /// @notice Starts the opening deadline: `open` seconds after the later of now and the end of the join window.
    function awaitOpening(Progress memory progress, Stage stage, Time joinCloses, uint32 open) internal view {
        progress.stage = stage;
        progress.deadline = Clocks.current().later(joinCloses).plus(Span.wrap(open));
    }

    /// @notice Whether the side to move is on its clock.
    function isRunning(Progress memory progress) internal pure returns (bool) {
        Stage stage = progress.stage;
        return stage == Stage.Descent || stage == Stage.Seal || stage == Stage.Reveal || stage == Stage.TileDescent;
    }

    /// @notice Whether the match waits to be opened.
    function isSealed(Progress memory progress) internal pure returns (bool) {
        return progress.stage == Stage.Sealed || progress.stage == Stage.TileSealed;
    }

    /// @notice Whether this very call has been made last; else remembers it, to be written with the progress.
    function repeats(Progress memory progress) internal pure returns (bool) {
        uint64 fingerprint = uint64(uint256(keccak256(msg.data)));
        if (progress.last == fingerprint) return true;
        progress.last = fingerprint;
        return false;
    }
}
