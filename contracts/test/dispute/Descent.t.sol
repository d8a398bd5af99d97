// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {VM} from "../Vm.sol";
import {Arena} from "./Arena.sol";
import {Tree} from "./Tree.sol";

contract DescentTest is Arena {
    /// @dev Every depth, radix and place of a first difference ends at that place with those leaves.
    function testDescentEndsAtTheFirstDifferentLeaf(uint256 seed) public {
        uint8 radix = uint8(1 + seed % 3);
        uint256 depth = (seed >> 8) % 5;
        uint256 place = (seed >> 16) % (uint256(1) << depth);
        deploy(toyRules(radix, 1));
        bytes32[] memory leaves0 = Tree.made(uint256(1) << depth, place, "a");
        bytes32[] memory leaves1 = Tree.made(uint256(1) << depth, place, "b");
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 2);
        walk(matchId, leaves0, leaves1);
        MatchView memory seen = state(matchId);
        inStage(matchId, Stage.Sealed);
        equal(seen.position, place, "position");
        equal(seen.leaf, place, "leaf");
        equal(seen.height, 0, "height");
        equal(seen.node0, leaves0[place], "leaf of side 0");
        equal(seen.node1, leaves1[place], "leaf of side 1");
    }

    /// @dev Leaves after the first difference may be equal or not: it is the leftmost that counts.
    function testALaterDifferenceIsNotTheFirst() public {
        bytes32[] memory leaves0 = Tree.made(8, 8, 0);
        bytes32[] memory leaves1 = Tree.with(Tree.with(leaves0, 2, "x"), 6, "y");
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        play(matchId, moveDue(matchId, leaves0, leaves1));
        Move memory move = moveDue(matchId, leaves0, leaves1);
        // Lists are of four nodes; the sides part at places 1 and 3. A tail that starts at 3 hides the first.
        bytes32[] memory tail = new bytes32[](1);
        tail[0] = move.otherTail[move.otherTail.length - 1];
        move.otherTail = tail;
        bytes32 mixed = Tree.node(Tree.node(move.own[0], move.own[1]), Tree.node(move.own[2], tail[0]));
        VM.expectRevert(abi.encodeWithSelector(ITournament.OtherNodeMismatch.selector, mixed, Tree.root(leaves0)));
        play(matchId, move);
    }

    function testAnEqualPlaceIsRefused() public {
        bytes32[] memory leaves0 = Tree.made(8, 8, 0);
        bytes32[] memory leaves1 = Tree.with(leaves0, 6, "y");
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        play(matchId, moveDue(matchId, leaves0, leaves1));
        Move memory move = moveDue(matchId, leaves0, leaves1);
        equal(move.otherTail.length, 1, "parts at the last place");
        // The same lists, said to part one place earlier.
        bytes32[] memory tail = new bytes32[](2);
        (tail[0], tail[1]) = (move.own[2], move.otherTail[0]);
        move.otherTail = tail;
        VM.expectRevert(abi.encodeWithSelector(ITournament.NotDifferent.selector, 2));
        play(matchId, move);
    }

    function testWrongListsAreRefused() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory first = moveDue(matchId, leaves0, leaves1);
        refused(matchId, Move(first.next, none(), first.next), lengths(ITournament.WrongListLength.selector, 4, 0));
        refused(matchId, Move(none(), first.next, first.next), lengths(ITournament.WrongListLength.selector, 4, 0));
        refused(matchId, Move(none(), none(), leaves0), lengths(ITournament.WrongListLength.selector, 8, 4));
        bytes32[] memory wrong = Tree.with(first.next, 1, "w");
        bytes4 selector = ITournament.NextNodeMismatch.selector;
        refused(
            matchId, Move(none(), none(), wrong), abi.encodeWithSelector(selector, Tree.root(wrong), Tree.root(leaves0))
        );
        play(matchId, first);

        Move memory second = moveDue(matchId, leaves0, leaves1);
        refused(matchId, Move(none(), second.own, second.next), lengths(ITournament.WrongListLength.selector, 0, 4));
        refused(matchId, Move(leaves0, second.own, second.next), lengths(ITournament.WrongListLength.selector, 8, 4));
        refused(
            matchId, Move(second.otherTail, none(), second.next), lengths(ITournament.WrongListLength.selector, 0, 4)
        );
        wrong = Tree.with(second.own, 1, "w");
        selector = ITournament.OwnNodeMismatch.selector;
        refused(
            matchId,
            Move(second.otherTail, wrong, second.next),
            abi.encodeWithSelector(selector, Tree.root(wrong), Tree.root(leaves1))
        );
        wrong = Tree.with(second.next, 0, "w");
        selector = ITournament.NextNodeMismatch.selector;
        refused(
            matchId,
            Move(second.otherTail, second.own, wrong),
            abi.encodeWithSelector(selector, Tree.root(wrong), second.own[1])
        );
        // The remaining height is 1: exactly two descendants.
        refused(
            matchId, Move(second.otherTail, second.own, leaves0), lengths(ITournament.WrongListLength.selector, 8, 2)
        );
        play(matchId, second);

        Move memory last = moveDue(matchId, leaves0, leaves1);
        refused(
            matchId, Move(last.otherTail, last.own, second.next), lengths(ITournament.WrongListLength.selector, 2, 0)
        );
        play(matchId, last);
        inStage(matchId, Stage.Sealed);
    }

    function testRepeatingAMadeMoveReturnsEarly() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        while (state(matchId).stage == Stage.Descent) {
            Move memory move = moveDue(matchId, leaves0, leaves1);
            play(matchId, move);
            bytes32 before = keccak256(abi.encode(state(matchId)));
            VM.prank(carol);
            play(matchId, move);
            equal(keccak256(abi.encode(state(matchId))), before, "changed");
        }
    }

    function testMovesOfOtherStagesAreRefused() public {
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (Tree.made(8, 3, "a"), Tree.made(8, 3, "b"));
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        bytes32[] memory empty;
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.Descent), uint8(Stage.Seal)));
        game.seal(matchId, 0, 0, empty);
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.Descent), uint8(Stage.Reveal)));
        game.reveal(matchId, 0, 0, 0, empty);
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.Descent), uint8(Stage.Sealed)));
        game.step(matchId, "");
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.Descent), uint8(Stage.Inner)));
        game.settle(matchId);
        walk(matchId, leaves0, leaves1);
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.Sealed), uint8(Stage.Descent)));
        game.advance(matchId, empty, empty, empty);
        VM.expectRevert(lengths(ITournament.WrongStage.selector, uint8(Stage.None), uint8(Stage.Descent)));
        game.advance("no match", empty, empty, empty);
    }

    function refused(bytes32 matchId, Move memory move, bytes memory reason) private {
        VM.expectRevert(reason);
        play(matchId, move);
    }

    function lengths(bytes4 selector, uint256 got, uint256 expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, got, expected);
    }

    function none() private pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }
}
