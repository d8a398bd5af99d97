// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Kind, Stage} from "../../src/interfaces/ITournament.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "../dispute/ExecutionArena.sol";
import {Tree} from "../dispute/Tree.sol";

/// @dev A control of the test runner that no other test needs.
interface VmGasPrice {
    function txGasPrice(uint256 price) external;
}

/// @dev Attacks on bonds; docs/threat-model.md names the tests.
contract MoneyAttacksTest is ExecutionArena {
    address[] private _accounts = [alice, bob, carol, treasury, address(this)];

    receive() external payable {}

    /// @dev Ends a match that a leaf rule has decided.
    function finish(bytes32 matchId) private {
        if (state(matchId).stage != Stage.Over) game.settle(matchId);
    }

    /// @dev Everybody takes what is theirs.
    function payAll(bytes32[3] memory matches) private {
        for (uint256 i; i < _accounts.length; ++i) {
            for (uint256 j; j < matches.length; ++j) {
                if (game.claimable(matches[j], _accounts[i]) > 0) game.claim(matches[j], _accounts[i]);
            }
            if (game.credit(_accounts[i]) > 0) game.withdraw(_accounts[i]);
        }
    }

    /// @dev All three tournaments, decided by an instruction that gives `correct`, to the end.
    function decidedBy(bytes32 correct) private {
        (bytes32 batch, bytes32 outer, bytes32 matchId, bytes32[] memory honest) = sealedMachine(9, 5);
        VM.prank(carol);
        game.step(matchId, abi.encode(honest[4], correct == 0 ? honest[5] : correct));
        finish(matchId);
        VM.warp(game.tournament(state(matchId).tournament).joinCloses + 1);
        game.settle(outer);
        VM.warp(game.tournament(state(outer).tournament).joinCloses + 1);
        game.settle(batch);
        VM.warp(block.timestamp + BATCH_WINDOW + 1);
        game.conclude(state(batch).tournament);
        require(address(game).balance > 0, "nothing was at stake");
        payAll([matchId, outer, batch]);
        equal(address(game).balance, 0, "frozen");
    }

    function testNoBondIsFrozenAtTheDeepestLevel() public {
        decidedBy(0);
    }

    /// @dev The step puts both out, and so all the way up.
    function testNoBondIsFrozenWhereBothGoOut() public {
        decidedBy("neither");
    }

    /// @dev Whoever makes all moves of both sides, the ending too, and claims all, has lost at least half of a bond.
    function testARingOfSybilsLosesHalfOfABond() public {
        VM.fee(FEE_CAP);
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        uint256 start = bob.balance;
        uint256 bond = game.bond(Kind.Batch);
        VM.prank(bob);
        bytes32 id = host.open{value: bond}(batchContext(3, 2), Tree.root(leaves0), bob);
        joinBatch(id, Tree.root(leaves1), bob);
        bytes32 matchId = matchOf(id, leaves0, leaves1);
        while (state(matchId).stage == Stage.Descent) {
            Move memory move = moveDue(matchId, leaves0, leaves1);
            if (state(matchId).position > 0) break;
            VM.prank(bob);
            play(matchId, move);
        }
        VM.warp(state(matchId).deadline + 1);
        VM.prank(bob);
        game.timeout(matchId);
        VM.warp(block.timestamp + BATCH_WINDOW);
        game.conclude(id);
        payAll([matchId, matchId, matchId]);
        require(start - bob.balance >= bond / 2, "a sybil is cheap");
        equal(address(game).balance, 0, "nothing stays");
    }

    /// @dev What is owed for the same move at two prices of the transaction.
    function owedAtTip(uint256 gasPrice) private returns (uint256) {
        deploy(toyRules(2, 1));
        VM.fee(7 gwei);
        VmGasPrice(address(VM)).txGasPrice(gasPrice);
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        VM.prank(alice);
        play(matchId, move);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        return game.claimable(matchId, alice);
    }

    function testTipsInflateNothing() public {
        uint256 plain = owedAtTip(7 gwei);
        require(plain > 0, "owed");
        equal(owedAtTip(9000 gwei), plain, "with a tip");
    }

    /// @dev Bytes after the arguments cost their sender, and are repaid to nobody.
    function testPaddingInflatesNothing() public {
        uint256 plain = owedAtTip(7 gwei);
        deploy(toyRules(2, 1));
        VM.fee(7 gwei);
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        bytes memory call = abi.encodeCall(game.advance, (matchId, move.otherTail, move.own, move.next));
        VM.prank(alice);
        (bool ok,) = address(game).call(bytes.concat(call, new bytes(5000)));
        require(ok, "moved");
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        equal(game.claimable(matchId, alice), plain, "with padding");
    }

    /// @dev Claiming and withdrawing for another is a favour: the money goes to whom it is owed.
    function testAClaimByAnotherPaysTheMaker() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory move = moveDue(matchId, leaves0, leaves1);
        VM.prank(alice);
        play(matchId, move);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        (uint256 before, uint256 thief) = (alice.balance, bob.balance);
        VM.prank(bob);
        game.claim(matchId, alice);
        uint256 owed = game.credit(alice);
        require(owed > 0, "owed");
        VM.prank(bob);
        game.withdraw(alice);
        equal(alice.balance, before + owed, "the maker");
        equal(bob.balance, thief, "the caller");
    }
}
