// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, Stage} from "../../src/interfaces/ITournament.sol";
import {KindRules, Rules} from "../../src/types/Rules.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Glutton, Miser} from "./Toys.sol";
import {Tree} from "./Tree.sol";

contract BondsTest is ExecutionArena {
    bytes32[] private leaves0 = Tree.made(8, 3, "a");
    bytes32[] private leaves1 = Tree.made(8, 3, "b");

    /// @dev Side 0 (alice) moves, side 1 (bob) is silent, carol ends it.
    function wonByTime() private returns (bytes32 id, bytes32 matchId) {
        (id, matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        VM.prank(alice);
        play(matchId, move);
        VM.warp(state(matchId).deadline + 1);
        VM.prank(carol);
        game.timeout(matchId);
    }

    /// @dev At least half of the loser's bond goes to the treasury, the makers of the winning side share the rest.
    function testTheLosersBondPaysTheMakersAndTheTreasury() public {
        (, bytes32 matchId) = wonByTime();
        uint256 bond = game.bond(Kind.Batch);
        uint256 toAlice = game.claimable(matchId, alice);
        uint256 toCarol = game.claimable(matchId, carol);
        require(toAlice > 0 && toCarol > 0, "paid");
        equal(game.claimable(matchId, bob), 0, "the loser");
        equal(toAlice + toCarol + game.credit(treasury), bond, "all of the bond");
        require(game.credit(treasury) >= bond - bond / 2, "half");
        game.claim(matchId, alice);
        game.claim(matchId, carol);
        equal(game.credit(alice), toAlice, "credit");
        equal(game.credit(carol), toCarol, "credit");
    }

    function testABondIsClaimedOnce() public {
        (, bytes32 matchId) = wonByTime();
        game.claim(matchId, alice);
        equal(game.claimable(matchId, alice), 0, "left");
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingOwed.selector, alice));
        game.claim(matchId, alice);
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingOwed.selector, bob));
        game.claim(matchId, bob);
        uint256 amount = game.credit(alice);
        uint256 before = alice.balance;
        game.withdraw(alice);
        equal(alice.balance - before, amount, "paid");
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingOwed.selector, alice));
        game.withdraw(alice);
    }

    function testNothingIsClaimedOfALivingMatch() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        play(matchId, moveDue(matchId, leaves0, leaves1));
        equal(game.claimable(matchId, address(this)), 0, "claimable");
        VM.expectRevert(abi.encodeWithSelector(ITournament.MatchLive.selector, matchId));
        game.claim(matchId, address(this));
    }

    /// @dev Gas is repaid at the base fee of the call, at most at the cap.
    function testGasIsRepaidAtTheBaseFeeUpToTheCap() public {
        uint256 atOne = repaidAt(1 gwei);
        equal(repaidAt(7 gwei), 7 * atOne, "base fee");
        equal(repaidAt(FEE_CAP), 100 * atOne, "cap");
        equal(repaidAt(5000 gwei), 100 * atOne, "above the cap");
    }

    function repaidAt(uint256 baseFee) private returns (uint256) {
        deploy(toyRules(2, 1));
        VM.fee(baseFee);
        (, bytes32 matchId) = wonByTime();
        require(game.credit(treasury) >= game.bond(Kind.Batch) / 2, "half");
        return game.claimable(matchId, alice);
    }

    /// @dev A freeloader's copy of an honest move earns nothing.
    function testARepeatedMoveEarnsNothing() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        VM.prank(alice);
        play(matchId, move);
        VM.prank(carol);
        play(matchId, move);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        equal(game.claimable(matchId, carol), 0, "copy");
    }

    /// @dev If both go out, openings and endings are paid of a loser's bond, and nobody's moves are.
    function testIfBothGoOutOnlyEndingsArePaid() public {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 2);
        walk(matchId, leaves0, leaves1);
        VM.warp(state(matchId).deadline + 1);
        VM.prank(carol);
        game.timeout(matchId);
        outcome(matchId, true, true);
        uint256 toCarol = game.claimable(matchId, carol);
        require(toCarol > 0, "the ending");
        equal(game.claimable(matchId, alice), 0, "side 0");
        equal(game.claimable(matchId, bob), 0, "side 1");
        equal(game.credit(treasury), 2 * game.bond(Kind.Batch) - toCarol, "the rest of both bonds");
    }

    /// @dev The bond comes back to whoever joined with the winner.
    function testTheWinnersBondComesBack() public {
        (bytes32 id, bytes32 matchId) = wonByTime();
        game.conclude(id);
        equal(game.credit(alice), game.bond(Kind.Batch), "bond");
        equal(game.credit(bob), 0, "loser");
        game.conclude(id);
        equal(game.credit(alice), game.bond(Kind.Batch), "once");
        game.claim(matchId, alice);
        game.claim(matchId, carol);
        game.withdraw(alice);
        game.withdraw(carol);
        game.withdraw(treasury);
        equal(address(game).balance, 0, "nothing stays");
    }

    /// @dev An outer loser's bond pays inner makers whom no inner loser paid.
    function testAnInnerWinnerWithoutAMatchIsPaidByTheOuterLoser() public {
        (bytes32 outer, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        address joiner = address(0xD00D);
        VM.deal(joiner, 1000 ether);
        joinExecution(inner, honestEnvs(), joiner);
        VM.warp(START + EXECUTION_WINDOW + 1);
        game.settle(outer);
        outcome(outer, false, true);
        require(game.claimable(outer, joiner) > 0, "joining");
        equal(game.credit(joiner), game.bond(Kind.Execution), "bond");
        // Carol opened the match.
        require(game.claimable(outer, carol) > 0, "opening");
    }

    /// @dev A joining is repaid once, by the first loser.
    function testJoiningIsRepaidOnce() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        bytes32[] memory third = Tree.made(8, 3, "c");
        joinBatch(id, Tree.root(third), carol);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        uint256 first = game.claimable(matchId, bob);
        require(first > 0, "joining");
        bytes32 next = matchOf(id, third, leaves1);
        VM.warp(state(next).deadline + 1);
        game.timeout(next);
        outcome(next, true, false);
        equal(game.claimable(next, bob), 0, "again");
    }

    function testAReceiverThatRefusesHoldsUpNobody() public {
        Miser miser = new Miser();
        bytes32 id = openBatch(batchContext(3, 8), Tree.root(leaves0));
        uint256 bond = game.bond(Kind.Batch);
        host.joinFor{value: bond}(id, Tree.root(leaves1), address(miser));
        bytes32 matchId = matchOf(id, leaves0, leaves1);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        game.conclude(id);
        require(game.tournament(id).over, "over");
        VM.expectRevert(abi.encodeWithSelector(ITournament.PaymentRefused.selector, address(miser), bond));
        game.withdraw(address(miser));
        equal(game.credit(address(miser)), bond, "its credit stays");
        game.withdraw(treasury);
    }

    function testAReceiverThatComesBackIsPaidOnce() public {
        Glutton glutton = new Glutton(game);
        (bytes32 id,) = batchMatch(leaves0, leaves1, 8);
        uint256 bond = game.bond(Kind.Batch);
        VM.deal(address(glutton), bond);
        VM.prank(address(glutton));
        game.joinBatch{value: bond}(id, Tree.root(leaves1));
        game.withdraw(address(glutton));
        equal(glutton.paid(), 1, "payments");
        equal(address(glutton).balance, bond, "balance");
    }

    /// @dev A liar who never shows up inside must still pay for the walk: each bond covers those below it twice.
    function testOuterBondsCoverInnerStages() public view {
        require(game.bond(Kind.Batch) > game.bond(Kind.Execution), "batch");
        require(game.bond(Kind.Execution) > game.bond(Kind.Machine), "execution");
    }

    function testRulesThatContradictThemselvesAreRefused() public {
        Rules memory rules = toyRules(2, 1);
        rules.execution.allowance = EXECUTION_WINDOW - 1;
        refused(rules, abi.encodeWithSelector(ITournament.RulesRefused.selector, Kind.Execution));
        rules = toyRules(2, 1);
        rules.machine.radix = 0;
        refused(rules, abi.encodeWithSelector(ITournament.RulesRefused.selector, Kind.Machine));
        rules = toyRules(2, 1);
        rules.batch.maxDepth = 49;
        refused(rules, abi.encodeWithSelector(ITournament.RulesRefused.selector, Kind.Batch));
        rules = toyRules(2, 6);
        refused(rules, abi.encodeWithSelector(ITournament.RulesRefused.selector, Kind.Execution));
        rules = toyRules(2, 1);
        rules.treasury = address(0);
        refused(rules, abi.encodeWithSelector(ITournament.ZeroValue.selector));
    }

    function refused(Rules memory rules, bytes memory reason) private {
        bytes memory code = VM.getCode("Tournament.sol:Tournament");
        bytes memory made = bytes.concat(code, abi.encode(rules, host, referee, address(1)));
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(made, 0x20), mload(made))
        }
        require(deployed == address(0), "deployed");
        bytes memory got;
        assembly ("memory-safe") {
            got := mload(0x40)
            mstore(got, returndatasize())
            returndatacopy(add(got, 0x20), 0, returndatasize())
            mstore(0x40, add(got, add(0x40, returndatasize())))
        }
        require(keccak256(got) == keccak256(reason), "another refusal");
    }
}
