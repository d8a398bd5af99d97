// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament, Kind, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {FirstSlots, NodeOpening} from "../../src/types/Opening.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract ClocksTest is ExecutionArena {
    bytes32[] private leaves0 = Tree.made(8, 3, "a");
    bytes32[] private leaves1 = Tree.made(8, 3, "b");

    function tooLate(uint256 deadline) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITournament.TooLate.selector, deadline + 1, deadline);
    }

    function tooEarly(uint256 deadline) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITournament.TooEarly.selector, deadline, deadline);
    }

    function testAMoveAtTheDeadlineIsInTime() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        uint256 deadline = state(matchId).deadline;
        equal(deadline, START + BATCH_ALLOWANCE, "deadline");
        VM.warp(deadline);
        VM.expectRevert(tooEarly(deadline));
        game.timeout(matchId);
        play(matchId, move);
        equal(state(matchId).clock0, 0, "clock of side 0");
        equal(state(matchId).turn, 1, "turn");
    }

    function testAMoveAfterTheDeadlineIsOut() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        uint256 deadline = state(matchId).deadline;
        VM.warp(deadline + 1);
        VM.expectRevert(tooLate(deadline));
        play(matchId, move);
        game.timeout(matchId);
        outcome(matchId, true, false);
        equal(game.tournament(id).waiting, Tree.root(leaves1), "the other side goes on");
        // Ending it again does nothing; moving it is refused.
        game.timeout(matchId);
        VM.expectRevert(
            abi.encodeWithSelector(ITournament.WrongStage.selector, uint8(Stage.Over), uint8(Stage.Descent))
        );
        play(matchId, move);
    }

    /// @dev A clock is spent by its side's own moves alone, and moving does not wind it up.
    function testClocksAreSpentByTheirOwnSide() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        VM.warp(START + 10);
        play(matchId, moveDue(matchId, leaves0, leaves1));
        VM.warp(START + 10 + 25);
        play(matchId, moveDue(matchId, leaves0, leaves1));
        MatchView memory seen = state(matchId);
        equal(seen.clock0, BATCH_ALLOWANCE - 10, "clock of side 0");
        equal(seen.clock1, BATCH_ALLOWANCE - 25, "clock of side 1");
        equal(seen.deadline, START + 35 + BATCH_ALLOWANCE - 10, "deadline of side 0");
    }

    function testJoiningLateStartsWithLess() public {
        bytes32 id = openBatch(batchContext(3, 8), Tree.root(leaves0));
        VM.warp(START + BATCH_WINDOW);
        joinBatch(id, Tree.root(leaves1), bob);
        equal(game.commitment(id, Tree.root(leaves1)).clock, BATCH_ALLOWANCE - BATCH_WINDOW, "clock");
        equal(game.commitment(id, Tree.root(leaves0)).clock, BATCH_ALLOWANCE, "clock of the first");
    }

    function testTheWinnerGainsTheEffortUpToTheAllowance() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        // Side 1 has spent nothing when side 0 runs out.
        VM.warp(START + BATCH_ALLOWANCE + 1);
        game.timeout(matchId);
        equal(game.commitment(id, Tree.root(leaves1)).clock, BATCH_ALLOWANCE, "capped");

        bytes32[] memory others = Tree.made(8, 3, "c");
        (id, matchId) = batchMatch(others, leaves0, 7);
        VM.warp(block.timestamp + 100);
        play(matchId, moveDue(matchId, others, leaves0));
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        equal(game.commitment(id, Tree.root(others)).clock, BATCH_ALLOWANCE - 100 + EFFORT, "gained");
    }

    function testTheWinnerIsPairedAgainAtOnce() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        bytes32[] memory third = Tree.made(8, 3, "c");
        joinBatch(id, Tree.root(third), carol);
        equal(game.tournament(id).waiting, Tree.root(third), "waits");
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        MatchView memory next = state(matchOf(id, third, leaves1));
        equal(next.root0, Tree.root(third), "who waited first is side 0");
        equal(next.deadline, block.timestamp + BATCH_ALLOWANCE, "its clock stood while it waited");
        equal(game.tournament(id).liveMatches, 1, "live matches");
        equal(game.tournament(id).waiting, 0, "nobody waits");
    }

    /// @dev OPEN seconds after the later of the seal and the end of the join window.
    function testTheOpeningDeadlineRunsFromTheJoinWindowsEnd() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 2);
        walk(matchId, leaves0, leaves1);
        equal(state(matchId).deadline, START + BATCH_WINDOW + OPEN, "early seal");
        bytes32[] memory others = Tree.made(8, 3, "c");
        (, matchId) = batchMatch(others, leaves1, 3);
        VM.warp(START + BATCH_WINDOW + 20);
        walk(matchId, others, leaves1);
        equal(state(matchId).deadline, START + BATCH_WINDOW + 20 + OPEN, "late seal");
    }

    function testAnUnopenedMatchIsLostByBoth() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 2);
        walk(matchId, leaves0, leaves1);
        uint256 deadline = state(matchId).deadline;
        VM.warp(deadline);
        VM.expectRevert(tooEarly(deadline));
        game.timeout(matchId);
        VM.warp(deadline + 1);
        ProgramHeader memory none;
        RequestPreimage memory nothing;
        FirstSlots memory empty;
        VM.expectRevert(tooLate(deadline));
        game.openBatchMatch(matchId, none, nothing, empty);
        game.timeout(matchId);
        outcome(matchId, true, true);
        game.conclude(id);
        equal(game.tournament(id).winner, 0, "no winner");
        require(game.tournament(id).over, "over");
    }

    function testAnOpeningAtTheDeadlineIsInTime() public {
        (bytes32[] memory zeros0, bytes32[] memory zeros1) = (Tree.with(leaves0, 3, 0), leaves1);
        (, bytes32 matchId) = batchMatch(zeros0, zeros1, 2);
        walk(matchId, zeros0, zeros1);
        VM.warp(state(matchId).deadline);
        ProgramHeader memory none;
        RequestPreimage memory nothing;
        FirstSlots memory empty;
        game.openBatchMatch(matchId, none, nothing, empty);
        outcome(matchId, false, true);
    }

    /// @dev max(the larger of both parents' remaining clocks, the floor of its kind).
    function testAnInnerTournamentsAllowance() public {
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        equal(game.tournament(inner).allowance, BATCH_ALLOWANCE, "the parents' clocks");
        equal(game.tournament(inner).joinCloses, START + EXECUTION_WINDOW, "join window of the kind");
    }

    function testAnInnerTournamentsAllowanceHasAFloor() public {
        setRequest();
        bytes32[] memory first = batchLeaves(resultOf(honestEnvs()));
        bytes32[] memory second = batchLeaves(resultOf(lyingEnvs(9)));
        (, bytes32 outer) = batchMatch(first, second, 5);
        VM.warp(START + BATCH_ALLOWANCE - 1);
        play(outer, moveDue(outer, first, second));
        VM.warp(START + 2 * BATCH_ALLOWANCE - 3);
        walk(outer, first, second);
        game.openBatchMatch(outer, header(), request(), firstSlots());
        equal(state(outer).clock1, 2, "clock of side 1");
        equal(game.tournament(state(outer).inner).allowance, EXECUTION_ALLOWANCE, "floor");
    }

    function testTheParentsClocksStandWhileAnInnerTournamentLives() public {
        (bytes32 outer, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        (uint32 clock0, uint32 clock1) = (state(outer).clock0, state(outer).clock1);
        joinExecution(inner, honestEnvs(), alice);
        VM.warp(START + 100_000);
        VM.expectRevert(
            abi.encodeWithSelector(ITournament.WrongStage.selector, uint8(Stage.Inner), uint8(Stage.Descent))
        );
        game.timeout(outer);
        equal(state(outer).clock0, clock0, "clock 0");
        equal(state(outer).clock1, clock1, "clock 1");
        game.settle(outer);
        outcome(outer, false, true);
    }

    function testAnInnerTournamentIsNotSettledBeforeItsEnd() public {
        (bytes32 outer, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        uint40 closes = game.tournament(inner).joinCloses;
        VM.warp(closes);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentLive.selector, inner, closes, 0));
        game.settle(outer);
        VM.warp(closes + 1);
        game.settle(outer);
        // Nobody joined: an inner tournament without a winner eliminates both.
        outcome(outer, true, true);
    }

    function testATournamentIsNotConcludedWhileAMatchLives() public {
        (bytes32 id,) = batchMatch(leaves0, leaves1, 8);
        VM.warp(START + BATCH_WINDOW + 1);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentLive.selector, id, START + BATCH_WINDOW, 1));
        game.conclude(id);
    }

    /// @dev The seal and the reveals are owed on the mover's clock.
    function testSealAndRevealsAreOwedOnTheClock() public {
        bytes32[][] memory envs0 = honestEnvs();
        bytes32[][] memory envs1 = lyingEnvs(9);
        (, bytes32 matchId) = executionAtLeaf(envs0, envs1);
        inStage(matchId, Stage.Seal);
        uint256 before = VM.snapshotState();
        uint8 owes = state(matchId).turn;
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        outcome(matchId, owes == 0, owes == 1);

        VM.revertToState(before);
        sealAt(matchId, rootsOf(envs0));
        game.openNode(matchId, header(), nodeOpening(envs0, 9));
        inStage(matchId, Stage.Reveal);
        owes = state(matchId).turn;
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        outcome(matchId, owes == 0, owes == 1);
    }

    /// @dev A sealed tile that nobody opens must not hang the rest.
    function testAnUnopenedTileIsLostByBoth() public {
        (, bytes32 matchId) = sealedTile(9);
        inStage(matchId, Stage.TileSealed);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        outcome(matchId, true, true);
    }
}
