// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {Proof} from "../../src/types/Proof.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "../dispute/ExecutionArena.sol";
import {Tree} from "../dispute/Tree.sol";

/// @dev Attacks on time; docs/threat-model.md names the tests.
contract ClockAttacksTest is ExecutionArena {
    uint256 private constant LEAF = 9;

    // At every second either the move or the ending by time is taken, in each stage that has a deadline.

    function testTheDescentHasOneWayAtEachSecond() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        oneWay(matchId, advancing(matchId, leaves0, leaves1));
    }

    function testTheBatchsOpeningHasOneWayAtEachSecond() public {
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(LEAF));
        oneWay(matchId, abi.encodeCall(ITournament.openBatchMatch, (matchId, header(), request(), firstSlots())));
    }

    function testTheSealHasOneWayAtEachSecond() public {
        (, bytes32 matchId) = executionAtLeaf(honestEnvs(), lyingEnvs(LEAF));
        inStage(matchId, Stage.Seal);
        bytes32[] memory leaves = rootsOf(honestEnvs());
        Proof memory proof = Tree.proof(leaves, LEAF - 1, 0);
        oneWay(matchId, abi.encodeCall(ITournament.seal, (matchId, leaves[LEAF - 1], proof.mask, proof.siblings)));
    }

    function testTheNodesOpeningHasOneWayAtEachSecond() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(LEAF));
        oneWay(matchId, abi.encodeCall(ITournament.openNode, (matchId, header(), nodeOpening(honestEnvs(), LEAF))));
    }

    function testTheRevealsHaveOneWayAtEachSecond() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(LEAF));
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), LEAF));
        inStage(matchId, Stage.Reveal);
        oneWay(matchId, revealing(matchId));
        revealDue(matchId, honestEnvs(), lyingEnvs(LEAF), LEAF);
        inStage(matchId, Stage.Reveal);
        oneWay(matchId, revealing(matchId));
    }

    function testTheTilesOpeningHasOneWayAtEachSecond() public {
        (, bytes32 matchId) = sealedTile(LEAF);
        (,, uint256 tile) = contestedChunks(LEAF);
        oneWay(
            matchId, abi.encodeCall(ITournament.openTile, (matchId, header(), tileOpening(honestEnvs(), LEAF, tile)))
        );
    }

    function testTheStepHasOneWayAtEachSecond() public {
        (,, bytes32 matchId, bytes32[] memory honest) = sealedMachine(LEAF, 5);
        oneWay(matchId, abi.encodeCall(ITournament.step, (matchId, abi.encode(honest[4], honest[5]))));
    }

    function oneWay(bytes32 matchId, bytes memory move) private {
        uint256 deadline = state(matchId).deadline;
        uint256 before = VM.snapshotState();
        VM.warp(deadline + 1);
        refused(move, abi.encodeWithSelector(ITournament.TooLate.selector, deadline + 1, deadline));
        game.timeout(matchId);
        inStage(matchId, Stage.Over);
        VM.revertToState(before);
        VM.warp(deadline);
        bytes memory timeout = abi.encodeCall(ITournament.timeout, (matchId));
        refused(timeout, abi.encodeWithSelector(ITournament.TooEarly.selector, deadline, deadline));
        bytes32 seen = keccak256(abi.encode(state(matchId)));
        (bool ok,) = address(game).call(move);
        require(ok, "the move is in time");
        require(keccak256(abi.encode(state(matchId))) != seen, "the move did nothing");
        VM.revertToState(before);
    }

    function refused(bytes memory call, bytes memory expected) private {
        (bool ok, bytes memory reason) = address(game).call(call);
        require(!ok, "taken");
        equal(keccak256(reason), keccak256(expected), "refused otherwise");
    }

    function advancing(bytes32 matchId, bytes32[] memory leaves0, bytes32[] memory leaves1)
        private
        view
        returns (bytes memory)
    {
        Move memory move = moveDue(matchId, leaves0, leaves1);
        return abi.encodeCall(ITournament.advance, (matchId, move.otherTail, move.own, move.next));
    }

    function revealing(bytes32 matchId) private view returns (bytes memory) {
        bytes32[] memory env = state(matchId).turn == 0 ? honestEnvs()[LEAF] : lyingEnvs(LEAF)[LEAF];
        bytes32 old = agreedEnv(honestEnvs(), LEAF)[2];
        Proof memory path = Tree.proof(env, 2, 0);
        return abi.encodeCall(ITournament.reveal, (matchId, old, env[2], path.mask, path.siblings));
    }

    // Time that comes back

    uint256 private _least0 = type(uint256).max;
    uint256 private _least1 = type(uint256).max;

    /// @dev From here on neither clock may be larger than it was; every call takes its maker seven seconds.
    function spend(bytes32 matchId) private {
        MatchView memory seen = state(matchId);
        require(seen.clock0 <= _least0 && seen.clock1 <= _least1, "a clock was wound up");
        (_least0, _least1) = (seen.clock0, seen.clock1);
        VM.warp(block.timestamp + 7);
    }

    /// @dev Sealing, opening and revealing cost the mover's time and give none back; openings cost nobody's.
    function testSealingAndOpeningRestoreNoTime() public {
        (, bytes32 matchId) = executionAtLeaf(honestEnvs(), lyingEnvs(LEAF));
        spend(matchId);
        sealAt(matchId, rootsOf(honestEnvs()));
        spend(matchId);
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), LEAF));
        spend(matchId);
        revealDue(matchId, honestEnvs(), lyingEnvs(LEAF), LEAF);
        spend(matchId);
        revealDue(matchId, honestEnvs(), lyingEnvs(LEAF), LEAF);
        spend(matchId);
        walk(matchId, chunksOf(tensor(LEAF)), chunksOf(lie(LEAF)));
        spend(matchId);
        (,, uint256 tile) = contestedChunks(LEAF);
        game.openTile(matchId, header(), tileOpening(honestEnvs(), LEAF, tile));
        spend(matchId);
        // Seal, two reveals and the first move of the tile descent: four times seven seconds, the openings' fourteen not.
        equal(_least0 + _least1, 2 * uint256(BATCH_ALLOWANCE) - 4 * 7, "what both have left");
    }

    /// @dev Ending a sealed match by time rewards neither side.
    function testTimingOutASealedMatchRestoresNoTime() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 2);
        walk(matchId, leaves0, leaves1);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        outcome(matchId, true, true);
        equal(game.tournament(id).waiting, 0, "neither goes on");
    }

    /// @dev Saying a made move again neither turns the clock nor starts it anew.
    function testARepetitionDoesNotTurnTheClock() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        bytes memory move = advancing(matchId, leaves0, leaves1);
        (bool ok,) = address(game).call(move);
        require(ok, "moved");
        MatchView memory seen = state(matchId);
        VM.warp(block.timestamp + 100);
        (ok,) = address(game).call(move);
        require(ok, "repeated");
        equal(state(matchId).turn, seen.turn, "turn");
        equal(state(matchId).deadline, seen.deadline, "deadline");
    }

    // Subgames at their last second

    /// @dev Joined in the window's last second, won in the clock's last: the outer match has lost no time by it.
    function testAnInnerTournamentWonInItsLastSecondDecides() public {
        (bytes32 outer, bytes32 inner) = execution(honestEnvs(), lyingEnvs(LEAF));
        (uint256 clock0, uint256 clock1) = (state(outer).clock0, state(outer).clock1);
        VM.warp(game.tournament(inner).joinCloses);
        joinExecution(inner, honestEnvs(), alice);
        joinExecution(inner, lyingEnvs(LEAF), bob);
        bytes32[] memory honest = rootsOf(honestEnvs());
        bytes32[] memory liar = rootsOf(lyingEnvs(LEAF));
        bytes32 matchId = matchOf(inner, honest, liar);
        VM.warp(state(matchId).deadline);
        play(matchId, moveDue(matchId, honest, liar));
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        equal(game.commitment(inner, Tree.root(honest)).clock, EFFORT, "it had used all of its time");
        game.settle(outer);
        outcome(outer, false, true);
        equal(state(outer).clock0, clock0, "outer clock of side 0");
        equal(state(outer).clock1, clock1, "outer clock of side 1");
    }
}
