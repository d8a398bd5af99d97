// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Costs} from "../../src/dispute/Costs.sol";
import {ITournament, Kind, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {FirstSlots} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

/// @dev Between the call that proves a leaf and the one that ends the match.
contract DecidingTest is ExecutionArena {
    address private dora = address(0xD02A);
    address private erin = address(0xE219);

    /// @dev A machine match that dora has decided for side 0, at a base fee of 3 gwei.
    function decided() private returns (bytes32 outer, bytes32 matchId, bytes memory proof) {
        bytes32[] memory honest;
        (, outer, matchId, honest) = sealedMachine(9, 5);
        proof = abi.encode(honest[4], honest[5]);
        VM.fee(3 gwei);
        VM.prank(dora);
        game.step(matchId, proof);
    }

    function wrongStage(Stage wanted) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITournament.WrongStage.selector, uint8(Stage.Decided), uint8(wanted));
    }

    function testAStepDecidesAndDoesNotEnd() public {
        (, bytes32 matchId,) = decided();
        MatchView memory seen = state(matchId);
        inStage(matchId, Stage.Decided);
        equal(seen.winner, 0, "winner");
        require(!game.commitment(seen.tournament, seen.root1).eliminated, "nobody is out yet");
        equal(game.tournament(seen.tournament).liveMatches, 1, "live matches");
        equal(game.claimable(matchId, dora), 0, "nothing is owed yet");
        VM.prank(erin);
        game.settle(matchId);
        outcome(matchId, false, true);
        equal(game.tournament(seen.tournament).waiting, seen.root0, "the winner waits");
    }

    /// @dev No deadline runs in the stage Decided, and nothing but `settle` ends it.
    function testADecidedMatchIsEndedByNothingButSettling() public {
        (bytes32 outer, bytes32 matchId, bytes memory proof) = decided();
        bytes32 inner = state(matchId).tournament;
        uint40 closes = game.tournament(inner).joinCloses;
        VM.warp(block.timestamp + 1_000_000);
        VM.expectRevert(wrongStage(Stage.Descent));
        game.timeout(matchId);
        VM.expectRevert(wrongStage(Stage.Descent));
        game.advance(matchId, new bytes32[](0), new bytes32[](0), new bytes32[](2));
        VM.expectRevert(wrongStage(Stage.Seal));
        game.seal(matchId, "x", 0, new bytes32[](0));
        VM.expectRevert(wrongStage(Stage.Sealed));
        game.step(matchId, abi.encode("another", proof));
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentLive.selector, inner, closes, 1));
        game.conclude(inner);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentLive.selector, inner, closes, 1));
        game.settle(outer);
        VM.expectRevert(abi.encodeWithSelector(ITournament.MatchLive.selector, matchId));
        game.claim(matchId, dora);
        // The deciding call again, and then the end.
        game.step(matchId, proof);
        inStage(matchId, Stage.Decided);
        outcome(matchId, false, true);
        game.settle(outer);
        outcome(outer, false, true);
    }

    /// @dev Who decides is paid for it at its own base fee, whoever settles, and who settles at its own.
    function testWhoDecidesAndWhoSettlesArePaid() public {
        (, bytes32 matchId,) = decided();
        VM.fee(5 gwei);
        VM.prank(erin);
        game.settle(matchId);
        equal(game.claimable(matchId, dora), 3 gwei * Costs.STEP, "deciding");
        equal(game.claimable(matchId, erin), 5 gwei * Costs.SETTLE, "settling");
        // Settling again is refused or does nothing, and pays nothing.
        VM.prank(erin);
        game.settle(matchId);
        equal(game.claimable(matchId, erin), 5 gwei * Costs.SETTLE, "once");
    }

    function testWhoDecidesThatBothAreWrongIsPaidOfALosersBond() public {
        (, bytes32 outer, bytes32 matchId, bytes32[] memory honest) = sealedMachine(9, 5);
        VM.prank(dora);
        game.step(matchId, abi.encode(honest[4], "neither"));
        inStage(matchId, Stage.Decided);
        equal(state(matchId).winner, 2, "winner");
        outcome(matchId, true, true);
        equal(game.claimable(matchId, dora), 1 gwei * Costs.STEP, "deciding");
        VM.warp(block.timestamp + MACHINE_WINDOW + 1);
        game.settle(outer);
        outcome(outer, true, true);
    }

    /// @dev A rule that an opening shows decides like a step does.
    function testAnOpeningByRuleDecides() public {
        (, bytes32 matchId) = sealedExecution(lyingEnvs(7), honestEnvs());
        VM.prank(dora);
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), 7));
        inStage(matchId, Stage.Decided);
        equal(state(matchId).winner, 1, "winner");
        outcome(matchId, true, false);
        equal(game.claimable(matchId, dora), 1 gwei * Costs.OPEN_NODE, "deciding");
    }

    function testALeafPastTheCountIsDecided() public {
        bytes32[] memory leaves0 = Tree.made(8, 8, 0);
        bytes32[] memory leaves1 = Tree.with(leaves0, 5, 0);
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 5);
        walk(matchId, leaves0, leaves1);
        ProgramHeader memory none;
        RequestPreimage memory nothing;
        FirstSlots memory empty;
        VM.prank(dora);
        game.openBatchMatch(matchId, none, nothing, empty);
        inStage(matchId, Stage.Decided);
        VM.warp(START + BATCH_WINDOW + 1);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentLive.selector, id, START + BATCH_WINDOW, 1));
        game.conclude(id);
        outcome(matchId, true, false);
        equal(game.claimable(matchId, dora), 1 gwei * Costs.OPEN_BATCH, "deciding");
        game.conclude(id);
        equal(host.lastWinner(), Tree.root(leaves1), "the news");
    }

    /// @dev The price of deciding is capped like that of every move.
    function testDecidingIsPaidAtMostAtTheCap() public {
        (,, bytes32 matchId, bytes32[] memory honest) = sealedMachine(9, 5);
        VM.fee(5000 gwei);
        VM.prank(dora);
        game.step(matchId, abi.encode(honest[4], honest[5]));
        VM.fee(1 gwei);
        game.settle(matchId);
        require(game.claimable(matchId, dora) <= FEE_CAP * Costs.STEP, "cap");
        require(
            game.claimable(matchId, dora) + game.claimable(matchId, address(this)) <= game.bond(Kind.Machine) / 2,
            "half"
        );
    }
}
